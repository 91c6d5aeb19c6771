/**
 * What a handler would do, without doing it: its transaction is always rolled back, events are collected and not sent,
 * and what should run after the commit never does.
 *
 * The rows it would write are shown as they were and as they would be. Statements whose result nobody reads are given a
 * `returning`, which tells the keys; by these the row is read (after), and once more when the work is undone (before).
 *
 * One connection does it all, for a limited time: locks are held by it, and nobody waits for another one meanwhile.
 */
import type { Database, Statement, Tx } from './database.ts';
import { dynamicSql, sql } from './database.ts';

export interface RowChange {
  change: 'insert' | 'update' | 'delete';
  before: unknown;
  after: unknown;
}

export interface TableChange {
  table: string;
  /** Rows written; null when a statement does not tell. */
  count: number | null;
  /** The columns that say which row it is. */
  keys: string[];
  /** At most SHOWN of them. */
  rows: RowChange[];
}

export interface Rehearsal {
  tables: TableChange[];
  events: { type: string; subject: string; data: unknown }[];
  /** Why it would fail. */
  error: string | null;
}

const SHOWN = 20;
/** A rehearsal waits for no one who does the real thing. */
const LIMITS = dynamicSql(`set local lock_timeout = '2s'; set local statement_timeout = '5s'`);
/** After so long no statement is begun any more. */
const DEADLINE_MS = 10_000;
const BEFORE_WORK = dynamicSql('savepoint before_work');
const UNDO_WORK = dynamicSql('rollback to savepoint before_work');
const KEYS = sql(`
  select attname::text as name from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
  where indrelid = to_regclass($1) and indisprimary`);

type Row = Record<string, unknown>;
/** What was written, by its table; without rows where the statement did not tell. */
type Written = Map<string, { rows: Row[]; untold: boolean }>;

/** Ends every rehearsal that went well. */
class RolledBack extends Error {}

/** Runs the work and undoes it. Throws only what is nobody's fault: `passes` says what that is. */
export async function rehearse(
  db: Database,
  work: (tx: Tx) => Promise<void>,
  passes: (error: unknown) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<Rehearsal> {
  const written: Written = new Map();
  const events: Rehearsal['events'] = [];
  let tables: TableChange[] = [];
  try {
    await db.transaction(async (tx) => {
      await tx.query(LIMITS);
      await tx.query(BEFORE_WORK);
      const limited = within(tx, deadlineMs);
      const recorder = record(limited, written, events);
      await work(recorder.tx);
      await recorder.done();
      tables = await changes(limited, written);
      throw new RolledBack();
    });
  } catch (error) {
    if (passes(error)) throw error;
    if (!(error instanceof RolledBack)) return { tables: [], events: [], error: (error as Error).message };
  }
  return { tables, events, error: null };
}

function within(tx: Tx, ms: number): Tx {
  const until = performance.now() + ms;
  return {
    ...tx,
    async query(statement, values) {
      if (performance.now() > until) throw new Error(`a dry run ends after ${ms / 1000} s`);
      return tx.query(statement, values);
    },
  };
}

function record(tx: Tx, written: Written, events: Rehearsal['events']) {
  const pending: Promise<unknown>[] = [];
  async function run(statement: Statement, values?: unknown[]): Promise<unknown[]> {
    const write = readStatement(statement.text);
    const rows = (await tx.query(write?.told ?? statement, values)) as Row[];
    for (const table of write?.tables ?? []) {
      const known = written.get(table) ?? { rows: [], untold: false };
      // The rows are those of the statement's own table; others are written on its way, and it does not tell of them.
      if (table === write?.table) known.rows.push(...rows);
      else known.untold = true;
      written.set(table, known);
    }
    return rows;
  }
  const recorded: Tx = {
    now: tx.now,
    query: (statement, values) => run(statement, values) as never,
    write(statement, values) {
      const running = run(statement, values);
      running.catch(() => {});
      pending.push(running);
    },
    send(event, data, cause) {
      const id = tx.send(event, data, cause);
      events.push({ type: event.name, subject: String((data as Row)[event.subject]), data });
      return id;
    },
    afterCommit: () => {},
  };
  return { tx: recorded, done: () => Promise.all(pending) };
}

interface Write {
  /** The table whose rows the statement tells, or can be made to tell. */
  table: string | undefined;
  tables: string[];
  /** The statement made to tell what it writes, because nobody reads its result. */
  told: Statement | undefined;
}

const WRITES = /\b(?:insert\s+into|update|delete\s+from)\s+([a-z_]\w*)/gi;
/** The verb of a whole statement, its table, and what the statement calls that. */
const MAIN =
  /\b(select|insert\s+into|update|delete\s+from)\b(?:\s+([a-z_]\w*)(?:\s+(?:as\s+)?(?!(?:set|using|where|select|values|default|on|returning)\b)([a-z_]\w*))?)?/i;

/** Reads our own SQL, as far as it must: what it writes, and whether it tells. Undefined when it only reads. */
function readStatement(text: string): Write | undefined {
  const plain = text
    .replace(/--.*$/gm, '')
    .replace(/'[^']*'/g, "''")
    // These lock, or belong to an insert.
    .replace(/\b(for|do)\s+(no\s+key\s+)?update\b/gi, '');
  const tables = [...new Set([...plain.matchAll(WRITES)].map((match) => match[1] as string))];
  if (tables.length === 0) return undefined;
  const outer = outermost(plain);
  const [, verb = 'select', table = '', name = table] = MAIN.exec(outer) ?? [];
  if (/select/i.test(verb)) return { table: undefined, tables, told: undefined };
  const tells = /\breturning\b/i.test(outer);
  return { table, tables, told: tells ? undefined : dynamicSql(`${text}\n returning ${name}.*`) };
}

/** Without what stands in brackets: subqueries, and what is called `with`. */
function outermost(text: string): string {
  const inner = text.replace(/\([^()]*\)/g, ' ');
  return inner === text ? text : outermost(inner);
}

async function changes(tx: Tx, written: Written): Promise<TableChange[]> {
  const found: (TableChange & { read: Read | undefined })[] = [];
  for (const [table, { rows, untold }] of written) {
    if (rows.length === 0 && !untold) continue;
    const keys = (await tx.query<{ name: string }>(KEYS, [table])).map(({ name }) => name);
    const told = keys.length > 0 ? rows.filter((row) => keys.every((key) => row[key] !== undefined)) : [];
    const distinct = new Map(told.map((row) => [keyOf(row, keys), row]));
    const shown = [...distinct.values()].slice(0, SHOWN);
    const read = shown.length > 0 ? await readBy(tx, table, keys, shown) : undefined;
    const after = read ? await readRows(tx, read) : [];
    found.push({
      table,
      count: untold ? null : told.length === rows.length ? distinct.size : rows.length,
      keys,
      rows: after.map((row) => ({ change: 'insert', before: null, after: row })),
      read,
    });
  }
  await tx.query(UNDO_WORK);
  for (const { rows, read } of found) {
    const before = read ? await readRows(tx, read) : [];
    for (const [index, row] of rows.entries()) {
      row.before = before[index] ?? null;
      row.change = row.before === null ? 'insert' : row.after === null ? 'delete' : 'update';
    }
  }
  return found.map(({ read: _, ...change }) => change);
}

const keyOf = (row: Row, keys: readonly string[]) => JSON.stringify(keys.map((key) => row[key]));

/** Reads some rows by their keys. */
interface Read {
  statement: Statement;
  wanted: string;
  count: number;
}

async function readBy(tx: Tx, table: string, keys: string[], rows: Row[]): Promise<Read> {
  const wanted = JSON.stringify(rows.map((row) => Object.fromEntries(keys.map((key) => [key, row[key]]))));
  const same = keys.map((key) => `stored."${key}" = wanted."${key}"`).join(' and ');
  // The names are those of our own statements and of the catalogue, never a caller's.
  const statement = dynamicSql(`
    select place, to_jsonb(stored) as row
    from rows from (jsonb_populate_recordset(null::"${table}", $1::jsonb)) with ordinality
      as wanted (${await columnNames(tx, table)}, place)
    join "${table}" stored on ${same}`);
  return { statement, wanted, count: rows.length };
}

const COLUMNS = sql(`
  select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute
  where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`);

async function columnNames(tx: Tx, table: string): Promise<string> {
  return (await tx.query<{ names: string }>(COLUMNS, [table]))[0]?.names ?? '';
}

/** In the order of the keys; null where there is no such row. */
async function readRows(tx: Tx, { statement, wanted, count }: Read): Promise<unknown[]> {
  const rows = await tx.query<{ place: number; row: unknown }>(statement, [wanted]);
  const byPlace = new Map(rows.map(({ place, row }) => [place, row]));
  return Array.from({ length: count }, (_, index) => byPlace.get(index + 1) ?? null);
}
