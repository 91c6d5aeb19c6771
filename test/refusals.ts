/** A shop to send bad requests to, and what a refusal must look like: a problem document, and nothing changed. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import type { CallOptions, Reply, TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';
import { EFFECTS, MESSAGES } from './quiet.ts';

export interface Problem extends Record<string, unknown> {
  type: string;
  status: number;
  errors?: { pointer: string; detail: string; [extra: string]: unknown }[];
}

export interface Account {
  id: string;
  token: string;
}

export let shop: TestShop;
export let admin: string;
export let ann: Account;
export let ben: Account;

/** One shop for the tests of a file. */
export function useShop(): void {
  beforeAll(async () => {
    shop = await startTestShop({ web: true, settings: { AUDIT_TOKEN } });
    admin = await shop.admin();
    [ann, ben] = await Promise.all([register('ann@example.com'), register('ben@example.com')]);
  });
  afterAll(async () => {
    await shop.quiet();
    await expectInvariants(shop.query);
    await shop.close();
  });
}

export const AUDIT_TOKEN = 'the-secret-of-the-auditors';
export const PASSWORD = 'a long enough secret';

/** An account, logged in. */
export async function register(email: string): Promise<Account> {
  const body = { email, password: PASSWORD };
  const { id } = (await shop.call<{ id: string }>('/api/customers', { method: 'POST', body, token: admin })).body;
  const login = await shop.call<{ access_token: string }>('/api/auth/login', { method: 'POST', body });
  return { id, token: login.body.access_token };
}

export const LAPTOP = { product_id: 'PROD001', quantity: 1 };
export const GUEST = { email: 'guest@example.com', items: [LAPTOP] };
export const checkout = (body: unknown, options: CallOptions = {}) =>
  shop.call<Problem>('/api/checkout', { method: 'POST', body, ...options });
export const ordering = (...items: unknown[]) => checkout({ ...GUEST, items });

/** A problem document with this status and a fault at each of these places, in any order. */
export function expectProblem({ status, headers, body }: Reply<Problem>, expected: number, pointers?: string[]): void {
  expect({ status, body }).toMatchObject({ status: expected, body: { status: expected } });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body.type).toMatch(/^urn:tradewind:problem:[a-z-]+$/);
  if (pointers) expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
  for (const { detail } of body.errors ?? []) expect(detail).toBeTruthy();
}

/** Moved by the clock, not by who asks: what is counted of orders and how far; how far auditors have looked. */
const BY_THE_CLOCK = [
  ...['orders.order_statistics', 'orders.statistics_marks'],
  ...SERVICES.map((room) => `${room}.audit_checks`),
  // Addresses that nobody answers at are tried again and again.
  ...['webhooks.deliveries', 'webhooks.webhooks'],
];
/** Said to keep refusals: failed passwords (docs/architecture.md, "Guessing"), and what admins were refused. */
const BY_REFUSALS = ['customers.login_attempts', ...SERVICES.map((room) => `${room}.activity`)];

/** Rows that go by themselves, minutes later. */
const GOING: Record<string, string> = { 'catalog.images': `where state <> 'removed'` };

const tables = new Map<ServiceName, string[]>();
async function tablesOf(room: ServiceName): Promise<string[]> {
  const known = tables.get(room);
  if (known) return known;
  const found = await shop.query<{ name: string }>(
    room,
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  const names = found
    .map(({ name }) => name)
    .filter((name) => ![...BY_THE_CLOCK, ...BY_REFUSALS].includes(`${room}.${name}`));
  tables.set(room, names);
  return names;
}

/** Every row of every table of every room, digested: a line a table. */
export async function snapshot(): Promise<string> {
  const rooms = await Promise.all(
    SERVICES.map(async (room) => {
      const parts = (await tablesOf(room)).map(
        (name) =>
          `select '${room}.${name}' as name, count(*) as n, sum(hashtextextended(t::text, 0)) as digest from ${name} t ${GOING[`${room}.${name}`] ?? ''}`,
      );
      return shop.query<{ name: string; n: string; digest: string }>(room, parts.join(' union all '));
    }),
  );
  return rooms
    .flat()
    .map(({ name, n, digest }) => `${name} ${n} ${digest}`)
    .join('\n');
}

/** What would still move by itself when no message is on its way. */
const BESIDES: [ServiceName, string][] = [
  // Until shop windows know every level too.
  ['inventory', 'select 1 from levels where unannounced'],
  ['customers', 'select 1 from reset_requests'],
  ['catalog', `select 1 from images where state = 'sample'`],
];
const MOVING = SERVICES.map((room) => {
  const others = [...EFFECTS, ...BESIDES].flatMap(([where, sql]) => (where === room ? [sql] : []));
  return [room, [MESSAGES, ...others].map((sql) => `select * from (${sql}) one`).join(' union all ')] as const;
});

/** Until nothing moves, seen twice: what goes from a room to another while they are asked is in neither. */
export async function rest(): Promise<void> {
  let calm = 0;
  await eventually(
    async () => {
      const found = await Promise.all(MOVING.map(([room, sql]) => shop.query(room, sql)));
      calm = found.every((rows) => rows.length === 0) ? calm + 1 : 0;
      return calm === 2;
    },
    () => 'the shop does not come to rest',
    60_000,
  );
}

export async function changesNothing(work: () => Promise<void>): Promise<void> {
  await rest();
  const before = await snapshot();
  await work();
  await rest();
  expect(await snapshot()).toBe(before);
}

/** Headers of a JSON request. */
export const json = (token?: string) => ({
  'content-type': 'application/json',
  ...(token && { authorization: `Bearer ${token}` }),
});
