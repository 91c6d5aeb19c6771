/**
 * The monolith's way, for comparison: a checkout that charges (1 s) and mails (2 s) before it answers, as the systems did
 * that this shop comes from. Nothing else slows it: its row goes to the same kind of PostgreSQL, and that is all it does.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Stage } from '../simulator/command.ts';
import { load, percentile } from './load.ts';
import { audit, runScenario, stock } from './run.ts';
import { paced } from './scenarios.ts';
import { startBenchShop } from './shop.ts';

const PAYMENT_MS = 1_000;
const MAIL_MS = 2_000;
const CLIENTS = 32;
const CONNECTIONS = 8;

export interface Compared {
  way: 'blocking' | 'event-driven';
  clients: number;
  'orders/s': number;
  'checkout p50 ms': number;
  'checkout p99 ms': number;
}

/** The same clients, one after the other, each asking again when it has its answer. */
export async function compareBlocking(
  stage: Stage,
  seconds: number,
  onProgress: (what: string) => void,
): Promise<Compared[]> {
  onProgress('the same checkout, event-driven and blocking');
  const scenario = { ...paced, clients: CLIENTS };
  const shop = await startBenchShop({ ...scenario, stage });
  try {
    await stock(shop, [scenario]);
    const events = await runScenario(shop, scenario, seconds, () => {});
    await audit(shop);
    const monolith = await startBlocking(shop.databaseUrl('postgres'));
    const blocked = await load({ ...scenario, urls: [monolith.url], seconds: Math.max(seconds, 12) });
    await monolith.stop();
    const { p50, p99 } = events.checkout_ms;
    return [
      row('event-driven', events.accepted_per_second, p50, p99),
      row(
        'blocking',
        blocked.accepted / blocked.seconds,
        percentile(blocked.checkouts, 50),
        percentile(blocked.checkouts, 99),
      ),
    ];
  } finally {
    await shop.stop();
  }
}

const row = (way: Compared['way'], rate: number, p50: number, p99: number): Compared => ({
  way,
  clients: CLIENTS,
  'orders/s': Math.round(rate * 10) / 10,
  'checkout p50 ms': Math.round(p50),
  'checkout p99 ms': Math.round(p99),
});

async function startBlocking(connectionString: string) {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  await pool.query('create table blocking_orders (id bigserial primary key, body json, status text)');
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { rows } = await pool.query(
      `insert into blocking_orders (body, status) values ($1, 'pending') returning id`,
      [body],
    );
    await sleep(PAYMENT_MS);
    await pool.query(`update blocking_orders set status = 'confirmed' where id = $1`, [rows[0].id]);
    await sleep(MAIL_MS);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(rows[0]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
}
