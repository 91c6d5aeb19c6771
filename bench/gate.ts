/**
 * What an order costs, beside what it cost when that was last written down: the gate that keeps it from growing unnoticed.
 *
 * Exactly: statements, commits and messages (and how many are stored first) of a simulated shop without misfortunes, where the same orders are the same
 * run, step by step (and WAL, of which PostgreSQL itself adds a little). Roughly: how near the real shop comes to the limit
 * of the machine, measured in the same minute, because no figure of one machine means anything on another.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { scriptedChoices } from '../simulator/choices.ts';
import type { Stage } from '../simulator/command.ts';
import type { Tamper } from '../simulator/connections.ts';
import { run } from '../simulator/run.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { freePort } from '../test/free-port.ts';

const ORDERS = 200;
const RECORDED = new URL('../../bench/recorded.json', import.meta.url);

/** What one order costs in a simulated shop of `ORDERS`, its start included. */
export interface OrderCost {
  statements: number;
  commits: number;
  messages: number;
  /** Of the messages, those that were not handled when they came: 0, or it is another path that is measured. */
  stored: number;
  wal_bytes: number;
}

export interface Recorded {
  order: OrderCost;
  /** Whole orders a second, as a part of the limit. */
  of_limit: number;
}

/** Of WAL: checkpoints and the like. */
const WAL_TOLERANCE = 0.03;
/** Of the part of the limit: two runs on a busy machine differ by so much. */
const LIMIT_TOLERANCE = 0.5;

export const readRecorded = (): Recorded => JSON.parse(readFileSync(RECORDED, 'utf8')) as Recorded;
export const record = (figures: Recorded): void => writeFileSync(RECORDED, `${JSON.stringify(figures, null, 2)}\n`);

export async function costOfOrder(stage: Stage): Promise<OrderCost> {
  const postgres = await startPostgres({ dir: join(stage.dir, 'gate'), port: await freePort(), throwaway: true });
  stage.atEnd(() => postgres.stop());
  const server = postgres.url('postgres');
  // The first makes the databases.
  await simulate(server);
  const before = await walOf(server);
  const counted = await simulate(server);
  const wal = (await walOf(server)) - before;
  const each = (count: number) => count / ORDERS;
  return {
    statements: each(counted.statements),
    commits: each(counted.commits),
    messages: each(counted.messages),
    stored: each(counted.stored),
    wal_bytes: Math.round(each(wal)),
  };
}

/** Of a list of ids as it goes to the server. */
const listed = (ids: unknown) => String(ids).split(',').length;

async function simulate(server: string) {
  const counted = { statements: 0, commits: 0, messages: 0, stored: 0 };
  const count: Tamper = ({ text, values }) => {
    if (text.startsWith('commit')) counted.commits += 1;
    else if (!text.startsWith('begin')) counted.statements += 1;
    if (text.includes('insert into outbox')) counted.messages += listed(values?.[0]);
    if (text.includes('insert into inbox (')) counted.stored += listed(values?.[0]);
    return undefined;
  };
  const { faults } = await run({
    server,
    name: 'gate',
    seed: 1,
    choices: scriptedChoices([]),
    orders: ORDERS,
    broken: { tamper: count },
  });
  if (faults.length > 0) throw new Error(`the simulated shop is broken: ${faults[0]}`);
  return counted;
}

async function walOf(server: string): Promise<number> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    const { rows } = await client.query(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal`);
    return rows[0].wal;
  } finally {
    await client.end();
  }
}

export interface Compared {
  what: string;
  recorded: number;
  now: number;
  /** Why it does not pass. */
  wrong?: string;
}

/** Each figure beside the recorded one. Less than recorded is wrong as well: it is to be recorded. */
export function compare(recorded: Recorded, now: Recorded): Compared[] {
  const exactly = (what: Exclude<keyof OrderCost, 'wal_bytes'>): Compared => {
    const [was, is] = [recorded.order[what], now.order[what]];
    const row = { what: `${what} an order`, recorded: was, now: is };
    return was === is ? row : { ...row, wrong: 'it is to be the same' };
  };
  const [walThen, walNow] = [recorded.order.wal_bytes, now.order.wal_bytes];
  const wal = { what: 'bytes of WAL an order', recorded: walThen, now: walNow };
  const limit = { what: 'part of the limit', recorded: recorded.of_limit, now: now.of_limit };
  return [
    exactly('statements'),
    exactly('commits'),
    exactly('messages'),
    exactly('stored'),
    Math.abs(walNow / walThen - 1) <= WAL_TOLERANCE ? wal : { ...wal, wrong: `more than ${WAL_TOLERANCE * 100} % off` },
    now.of_limit >= recorded.of_limit * (1 - LIMIT_TOLERANCE)
      ? limit
      : { ...limit, wrong: `less than ${(1 - LIMIT_TOLERANCE) * 100} % of what is recorded` },
  ];
}
