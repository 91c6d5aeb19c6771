/** An account as a line of a spreadsheet, and a line as what it makes of an account. Pure. */
import type { UpdateCustomer } from '../../contracts/customers.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { Columns } from '../../platform/csv-export.ts';
import type { CellChange, Line, LineFault } from '../../platform/csv-import.ts';
import type { Fault } from '../../platform/problem.ts';
import type { Check } from '../../platform/validate.ts';
import type { Customer, Profile } from './customer.ts';
import { changedProfile, normalEmail, unreachable } from './customer.ts';

/** An address is one text, or these. `address_name`: to whom. */
const PARTS = {
  address_name: 'name',
  line1: 'line1',
  line2: 'line2',
  city: 'city',
  region: 'region',
  postal_code: 'postal_code',
  country: 'country',
} as const;
type PartColumn = keyof typeof PARTS;
const PART_COLUMNS = Object.keys(PARTS) as PartColumn[];

const partOf = (column: PartColumn) => (profile: Profile) =>
  typeof profile.address === 'object' ? profile.address?.[PARTS[column]] : undefined;

/** What a line decides, as an export writes it. */
const FACTS: Columns<Profile> = [
  ['name', ({ name }) => name],
  ['phone', ({ phone }) => phone],
  ['notify_by', ({ notify_by }) => notify_by.join(' ')],
  ['address', ({ address }) => (typeof address === 'string' ? address : undefined)],
  ...PART_COLUMNS.map((column) => [column, partOf(column)] as const),
];

export const CUSTOMER_COLUMNS: Columns<Customer> = [
  ['id', ({ id }) => id],
  ['email', ({ email }) => email],
  ...FACTS,
  ['role', ({ role }) => role],
  ['created_at', ({ created_at }) => created_at],
];

export const IMPORT_COLUMNS = CUSTOMER_COLUMNS.map(([head]) => head);

export interface Checks {
  create: Check;
  update: Check;
}

export type Decision =
  | { kind: 'create' | 'change'; profile: Profile; cells: CellChange[] }
  | { kind: 'nothing' }
  | { kind: 'refuse'; errors: LineFault[] };

/** Before anything is asked of it, a new account is this. */
const NOBODY = { name: null, phone: null, address: null, notify_by: ['email'], role: 'customer' } as const;

export function decide(line: Line, customer: Customer | undefined, checks: Checks): Decision {
  const email = normalEmail(line.email as string);
  const { change, errors } = asked(line, customer);
  const found = customer ? changeFaults(change, checks) : createFaults(email, change, checks);
  const faults = [...errors, ...found.map(columnOf)];
  if (faults.length > 0) return { kind: 'refuse', errors: faults };
  const before = (customer ?? { ...NOBODY, email }) as Customer;
  const profile = changedProfile(before, change);
  const refused = unreachable(profile);
  if (refused) return { kind: 'refuse', errors: (refused.errors ?? []).map(columnOf) };
  const cells = FACTS.flatMap(([column, cell]): CellChange[] => {
    const [from, to] = [customer ? String(cell(customer) ?? '') : '', String(cell(profile) ?? '')];
    return from === to ? [] : [customer ? { column, from, to } : { column, to }];
  });
  if (!customer) return { kind: 'create', profile, cells };
  return cells.length === 0 ? { kind: 'nothing' } : { kind: 'change', profile, cells };
}

type Change = BodyOf<typeof UpdateCustomer>;

/** A column that is not there changes nothing; an empty cell takes away. */
function asked(cells: Line, customer: Customer | undefined): { change: Change; errors: LineFault[] } {
  const line = Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.trim()]));
  const errors: LineFault[] = [];
  const change: Record<string, unknown> = {};
  for (const column of ['name', 'phone'] as const)
    if (line[column] !== undefined) change[column] = line[column] === '' ? null : line[column];
  if (line.notify_by) change.notify_by = line.notify_by.toLowerCase().split(/[\s,;]+/);
  if (line.role && line.role !== (customer?.role ?? 'customer'))
    errors.push({ column: 'role', detail: `must be ${customer?.role ?? 'customer'}: an import changes no roles` });
  const parts = PART_COLUMNS.filter((column) => line[column]);
  if (line.address && parts.length > 0)
    errors.push({ column: 'address', detail: `must be empty where ${parts.join(', ')} are given` });
  else if (parts.length > 0) change.address = Object.fromEntries(parts.map((column) => [PARTS[column], line[column]]));
  else if (line.address) change.address = line.address;
  else if (['address', ...PART_COLUMNS].some((column) => line[column] !== undefined)) change.address = null;
  return { change: change as Change, errors };
}

function changeFaults(change: Change, { update }: Checks): Fault[] {
  return Object.keys(change).length === 0 ? [] : (update(change) ?? []);
}

/** Where registering knows no "nothing". */
function createFaults(email: string, change: Change, { create }: Checks): Fault[] {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null));
  return create({ email, password: 'not the one it gets', ...given }) ?? [];
}

function columnOf({ pointer, detail }: Fault): LineFault {
  const [name = '', part] = pointer.slice(1).split('/');
  if (name !== 'address' || !part) return { column: name, detail };
  return { column: PART_COLUMNS.find((column) => PARTS[column] === part) ?? 'address', detail };
}
