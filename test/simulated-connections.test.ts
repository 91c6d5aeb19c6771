/** The simulator's statements: they wait for each other's locks as PostgreSQL has them wait, by no clock but the world's. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { seededChoices } from '../simulator/choices.ts';
import type { Connections } from '../simulator/connections.ts';
import { createConnections } from '../simulator/connections.ts';
import { createWorld } from '../simulator/world.ts';

interface Client {
  query(text: string): Promise<unknown>;
  release(): void;
}

let connections: Connections;
let open: () => Promise<Client>;

beforeAll(async () => {
  connections = createConnections(createWorld(seededChoices(1), Math.random));
  connections.direct = true;
  const url = inject('postgresUrl');
  await connections.look(url, 'drop table if exists locked');
  await connections.look(url, 'create table locked as select 1 as id union all select 2');
  const pool = connections.connect({ name: 'anybody', alive: true })({
    connectionString: url,
    max: 8,
    pipeline: true,
  } as never);
  open = async () => (await pool.connect()) as unknown as Client;
});
afterAll(() => connections?.close());

const LOCK = (id: number) => `select from locked where id = ${id} for update`;

test('who has the lock it waited for, and goes on to wait for another, waits; nobody waits for it', async () => {
  const [first, second, waiter] = [await open(), await open(), await open()];
  await Promise.all([first.query('begin'), first.query(LOCK(1))]);
  await Promise.all([second.query('begin'), second.query(LOCK(2))]);
  // Between the two locks it is neither done nor waiting.
  let done = false;
  const both = Promise.all([LOCK(1), 'select pg_sleep(0.3)', LOCK(2)].map((text) => waiter.query(text))).then(() => {
    done = true;
  });
  await expect.poll(() => connections.waiting).toBe(1);
  await first.query('commit');
  expect(await connections.release()).toBe(false);
  expect(done).toBe(false);
  await second.query('commit');
  expect(await connections.release()).toBe(true);
  await both;
  for (const client of [first, second, waiter]) client.release();
});
