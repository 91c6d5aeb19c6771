/**
 * Placing an order: everything that is placed while a commit is in flight is written by the next one, in a transaction
 * with its history, its event and its stored reply. Two round trips a batch: ask (keys, prices, numbers), then write.
 */
import { randomBytes } from 'node:crypto';
import type { Order } from '../../contracts/orders.ts';
import { OrderPlaced, PlaceOrder } from '../../contracts/orders.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { storedReply } from '../../platform/dispatch.ts';
import type { GroupCommit } from '../../platform/group-commit.ts';
import { createGroupCommit } from '../../platform/group-commit.ts';
import type { IdempotencyKey, StoredReply } from '../../platform/idempotency.ts';
import { findReplies, replayed, saveReplies } from '../../platform/idempotency.ts';
import type { Rejection } from '../../platform/problem.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import type { Rules } from './advance.ts';
import { logStep } from './advance.ts';
import type { CheckoutProblem, Draft, Priced } from './checkout.ts';
import { price } from './checkout.ts';
import type { Deadlines } from './lifecycle.ts';
import { deadlineAt } from './lifecycle.ts';
import type { OrderRow } from './store.ts';
import { findProducts, insertHistory, insertOrders, orderReply, orderState, takeNumbers } from './store.ts';

export interface Placement {
  draft: Draft;
  key: IdempotencyKey | undefined;
  traceparent: string;
  /** `performance.now()` when the request came in. */
  receivedAt: number;
}

export type Placed = StoredReply | Rejection<CheckoutProblem | 'invalid-request' | 'idempotency-key-reused'>;

export function createPlacement(db: Database, rules: Rules): GroupCommit<Placement, Placed> {
  return createGroupCommit<Placement, Placed>({
    write: (batch) => db.transaction((tx) => placeBatch(tx, batch, rules)),
  });
}

async function placeBatch(tx: Tx, batch: Placement[], { deadlines, log }: Rules): Promise<Placed[]> {
  const wanted = batch.flatMap(({ draft }) => draft.lines.map(({ product_id }) => product_id));
  const [known, products, numbers] = await Promise.all([
    findReplies(
      tx,
      batch.map(({ key }) => key),
    ),
    findProducts(tx, wanted),
    takeNumbers(tx, batch.length),
  ]);

  const orders: OrderRow[] = [];
  const replies: (IdempotencyKey & StoredReply)[] = [];
  const first = new Map<string, IdempotencyKey & StoredReply>();
  const results = batch.map((placement, i): Placed => {
    const { key } = placement;
    if (known[i]) return known[i] as Placed;
    const twin = key && first.get(`${key.scope}\n${key.key}`);
    if (twin) return twin.fingerprint === key?.fingerprint ? replayed(twin) : reject(common.keyReused);
    const priced = price(placement.draft, products);
    if (isRejection(priced)) return priced as Placed;

    const order = newOrder(placement, priced, numbers[i] as number, tx.now, deadlines);
    const reply = placedReply(order);
    orders.push(order);
    tx.afterCommit(() => logStep(log, order, OrderPlaced.name));
    tx.send(OrderPlaced, orderState(order), order);
    if (key) {
      const stored = { ...key, ...reply };
      replies.push(stored);
      first.set(`${key.scope}\n${key.key}`, stored);
    }
    return reply;
  });
  if (orders.length > 0) {
    const history = orders.map(({ id, version, status, created_at }) => ({
      order_id: id,
      version,
      at: created_at,
      event: OrderPlaced.name,
      status,
      note: null,
    }));
    insertOrders(tx, orders);
    insertHistory(tx, history);
    await saveReplies(tx, replies);
  }
  return results;
}

function newOrder(placement: Placement, priced: Priced, number: number, now: Date, deadlines: Deadlines): OrderRow {
  const { draft, traceparent, receivedAt } = placement;
  const { lines: _lines, ...who } = draft;
  const at = now.toISOString();
  return {
    ...who,
    ...priced,
    shipping_address: who.shipping_address ?? null,
    id: newId(),
    number,
    status: 'pending',
    reason: null,
    version: 1,
    guest_token: draft.customer_id === null ? randomBytes(18).toString('base64url') : null,
    traceparent,
    processing_duration_ms: Math.round((performance.now() - receivedAt) * 1000) / 1000,
    created_at: at,
    updated_at: at,
    deadline_at: deadlineAt('pending', now, deadlines),
    hidden_at: null,
  };
}

function placedReply(order: OrderRow): StoredReply {
  const { guest_token } = order;
  const body: Order & { guest_token?: string } = { ...orderReply(order), ...(guest_token !== null && { guest_token }) };
  return storedReply(PlaceOrder, body, { location: `/orders/${order.id}` });
}
