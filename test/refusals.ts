/** A shop to send bad requests to, and what a refusal must look like: a problem document, and nothing changed. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { CallOptions, Reply, TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { expectInvariants } from './invariants.ts';

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

beforeAll(async () => {
  shop = await startTestShop();
  admin = await shop.admin();
  [ann, ben] = await Promise.all([register('ann@example.com'), register('ben@example.com')]);
});
afterAll(async () => {
  await shop.quiet();
  await expectInvariants(shop.query);
  await shop.close();
});

async function register(email: string): Promise<Account> {
  const body = { email, password: 'a long enough secret' };
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

const TABLES: Partial<Record<ServiceName, string[]>> = {
  catalog: ['products', 'outbox', 'dead_letters'],
  customers: ['customers', 'outbox'],
  orders: ['orders', 'order_history', 'products', 'idempotency_keys', 'outbox', 'inbox', 'dead_letters'],
  inventory: ['levels', 'movements', 'allocations', 'outbox', 'inbox', 'dead_letters'],
  payments: ['payments', 'refunds', 'outbox', 'inbox', 'dead_letters'],
  notifications: ['notifications', 'dead_letters'],
};

/** Every row of every table that matters, as one text. */
async function snapshot(): Promise<string> {
  const tables = Object.entries(TABLES).flatMap(([room, names]) => names.map((name) => [room, name] as const));
  const rows = await Promise.all(
    tables.map(async ([room, name]) => {
      const sql = `select count(*) as n, md5(string_agg(t::text, '' order by t::text)) as digest from ${name} t`;
      const [row] = await shop.query<{ n: string; digest: string }>(room as ServiceName, sql);
      return `${room}.${name} ${row?.n} ${row?.digest}`;
    }),
  );
  return rows.join('\n');
}

/** Until shop windows know every level too. */
async function rest(): Promise<void> {
  await shop.quiet();
  await eventually(async () => (await shop.query('inventory', 'select 1 from levels where unannounced')).length === 0);
  await shop.quiet();
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
