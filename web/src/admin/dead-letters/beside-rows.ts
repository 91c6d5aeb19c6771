/** A payload and its contract as rows, however deep: one a value, in the order of the contract, with what is wrong there. */

interface Schema {
  type?: unknown;
  properties?: Record<string, unknown>;
  required?: string[];
  items?: unknown;
  anyOf?: unknown[];
}

export interface Fault {
  pointer: string;
  detail: string;
}

export interface BesideRow {
  /** JSON pointer (RFC 6901): unique. */
  pointer: string;
  name: string;
  depth: number;
  /** Undefined when it is not there. */
  value: unknown;
  /** What is in it has rows of its own. */
  opened: boolean;
  /** Undefined when the contract says nothing of it. */
  schema: unknown;
  optional: boolean;
  faults: Fault[];
}

const MOST = 400;
const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** The branch of a schema that speaks of such a value. */
function branchFor(schema: unknown, value: unknown): Schema {
  const whole = (schema ?? {}) as Schema;
  const branches = whole.anyOf?.map((one) => branchFor(one, value));
  return branches?.find(({ type }) => type === kindOf(value)) ?? whole;
}

const isList = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null);

/** At most 400 rows; the whole payload can be read beside them. */
export function besideRows(schema: unknown, payload: unknown, faults: readonly Fault[]): BesideRow[] {
  const rows: BesideRow[] = [];
  const add = (row: Omit<BesideRow, 'faults' | 'opened'>): void => {
    if (rows.length === MOST) return;
    const { value, pointer, depth } = row;
    const { properties, required = [], items } = branchFor(row.schema, value);
    const opened = kindOf(value) === 'object' || isList(value);
    rows.push({ ...row, opened, faults: [] });
    if (isList(value)) {
      for (const [index, one] of value.entries()) {
        const at = `${pointer}/${index}`;
        add({ pointer: at, name: String(index + 1), depth: depth + 1, value: one, schema: items, optional: false });
      }
    } else if (opened) {
      const there = value as Record<string, unknown>;
      for (const name of new Set([...Object.keys(properties ?? {}), ...Object.keys(there)])) {
        const optional = !required.includes(name);
        // As own properties: a payload may have a name that every object has.
        const [of, said] = [Object.entries(there), Object.entries(properties ?? {})].map(
          (all) => all.find(([key]) => key === name)?.[1],
        );
        add({ pointer: `${pointer}/${escaped(name)}`, name, depth: depth + 1, value: of, schema: said, optional });
      }
    }
  };
  add({ pointer: '', name: 'The whole', depth: -1, value: payload, schema, optional: false });
  for (const fault of faults) nearest(rows, fault.pointer).faults.push(fault);
  // Of an object each property has a row; a row of its own says only what is wrong with all of it.
  const [whole, ...parts] = rows as [BesideRow, ...BesideRow[]];
  return whole.opened && whole.faults.length === 0
    ? parts
    : rows.map((row) => ({ ...row, depth: Math.max(row.depth, 0) }));
}

/** The row of a pointer, or of what it is in. */
function nearest(rows: readonly BesideRow[], pointer: string): BesideRow {
  const around = rows.filter((row) => pointer === row.pointer || pointer.startsWith(`${row.pointer}/`));
  return around.reduce((deepest, row) => (row.pointer.length > deepest.pointer.length ? row : deepest));
}
