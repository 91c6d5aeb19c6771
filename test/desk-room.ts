/** Inventory's room, and what tests of its dead-letter desk do and look at. */

import { ProductCreated } from '../src/contracts/catalog.ts';
import type { DeadLetter } from '../src/contracts/dead-letters.ts';
import { DESKS } from '../src/contracts/dead-letters.ts';
import type { StoredEvent } from '../src/platform/message.ts';
import type { inventory } from '../src/services/inventory/service.ts';
import { eventually, message, openTestRoom } from './service-harness.ts';

export const desk = DESKS.inventory;
export const admin = 'admin';
export const why = 'the bug is mended';
export const EMPTY =
  'truncate inbox, inbox_done, inbox_mended, dead_letters, desk_actions, outbox, levels, movements, allocations';

export const created = (product_id: string, stock = 5) =>
  message(ProductCreated, { product_id, name: product_id, price: '1.00', currency: 'USD', version: 1, stock });

export async function openDeskRoom(definition: typeof inventory) {
  const room = await openTestRoom(definition);
  const rows = <Row = Record<string, unknown>>(text: string, values: unknown[] = []) =>
    room.service.db.query<Row>({ text }, values);

  /** Stores messages, and lets their attempts run out. */
  async function bring(...events: StoredEvent[]): Promise<void> {
    await room.service.inbox.store(events);
    await eventually(async () => {
      await rows(`update inbox set available_at = '-infinity' where attempts > 0 and marks = 0`);
      room.service.inbox.worker.wake();
      return (await rows('select 1 from inbox')).length === 0;
    });
  }
  const settled = () =>
    eventually(async () => {
      room.service.inbox.worker.wake();
      return (await rows('select 1 from inbox')).length === 0;
    });

  async function all(query: { status?: 'dead' | 'retried' | 'discarded' } = {}): Promise<DeadLetter[]> {
    const reply = await room.call(desk.list, { as: admin, query });
    if (!reply.ok) throw new Error(reply.problem.title);
    return reply.body.items;
  }
  const causes = async () => {
    const reply = await room.call(desk.causes, { as: admin });
    if (!reply.ok) throw new Error(reply.problem.title);
    return reply.body;
  };
  const detail = async (id: string) => {
    const reply = await room.call(desk.get, { as: admin, params: { id } });
    if (!reply.ok) throw new Error(reply.problem.title);
    return reply.body;
  };
  const retry = (id: string, change: { type?: string; data?: unknown } = {}) =>
    room.call(desk.retry, { as: admin, params: { id }, body: { why, ...change } });
  const levels = async () =>
    (await rows<{ product_id: string }>('select product_id from levels order by 1')).map((row) => row.product_id);

  return { room, rows, bring, settled, all, causes, detail, retry, levels, close: () => room.close() };
}
