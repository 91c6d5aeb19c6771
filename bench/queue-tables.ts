/** The tables that must stay small by themselves, in each room: what is in them, and what vacuum has left. */
import { SERVICES } from '../src/contracts/registry.ts';
import { ask } from './run.ts';
import type { BenchShop } from './shop.ts';

export const QUEUES = ['outbox', 'inbox', 'inbox_done', 'idempotency_keys'] as const;
export type Queue = (typeof QUEUES)[number];

export interface TableSize {
  room: string;
  table: string;
  /** Of queues counted; of others PostgreSQL's estimate. */
  rows: number;
  dead: number;
  /** With its indexes. */
  bytes: number;
}

const COUNT = `select ${QUEUES.map((queue) => `(select count(*) from ${queue})::int as ${queue}`).join(', ')}`;
const SIZES = `
  select relname as "table", n_live_tup::int as rows, n_dead_tup::int as dead,
    pg_total_relation_size(relid)::float8 as bytes
  from pg_stat_user_tables`;

export const isQueue = ({ table }: Pick<TableSize, 'table'>) => QUEUES.includes(table as Queue);

/** Of every table of every room. */
export async function tableSizes(shop: BenchShop): Promise<TableSize[]> {
  const rooms = await Promise.all(
    SERVICES.map(async (room) => {
      const [counted] = await ask<Record<string, number>>(shop, room, COUNT);
      const sizes = await ask<Omit<TableSize, 'room'>>(shop, room, SIZES);
      return sizes.map((size) => ({ room, ...size, rows: counted?.[size.table] ?? size.rows }));
    }),
  );
  return rooms.flat();
}

// As long ago as its memory reaches: the oldest are due to be forgotten from now on, at the pace at which new ones come.
const REMEMBER = `
  insert into inbox_done
  select uuidv7(-interval '7 days' + n * interval '1 second' / $2::float8) from generate_series(1, $1::int) n`;
const KEEP = `
  insert into idempotency_keys (scope, key, fingerprint, status, headers, body, created_at)
  select 'guest old', 'old ' || n, '', 201, '{}', repeat('x', 800), now() - interval '24 hours' + n * interval '1 second' / $2::float8
  from generate_series(1, $1::int) n`;

/**
 * Puts into the tables with a memory what a shop that has run for longer than it reaches would have lost while the soak
 * lasts: without that nothing would be forgotten within minutes, and forgetting not be seen to keep up.
 */
export async function age(shop: BenchShop, perSecond: readonly TableSize[], seconds: number): Promise<void> {
  for (const { room, table, rows: rate } of perSecond) {
    if (rate > 0) await ask(shop, room, table === 'inbox_done' ? REMEMBER : KEEP, [Math.ceil(rate * seconds), rate]);
  }
}
