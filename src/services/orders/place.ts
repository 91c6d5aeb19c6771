/**
 * Placing an order: everything that is placed while a commit is in flight is written by the next one, in a transaction
 * with its history, its event and its stored reply. Two round trips a batch: ask (keys, prices, numbers), then write.
 */
import type { Order } from '../../contracts/orders.ts';
import { OrderPlaced, PlaceOrder } from '../../contracts/orders.ts';
import { newId, randomBytes } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { storedReply } from '../../platform/dispatch.ts';
import type { GroupCommit } from '../../platform/group-commit.ts';
import { createGroupCommit } from '../../platform/group-commit.ts';
import type { IdempotencyKey, StoredReply } from '../../platform/idempotency.ts';
import { findReplies, replayed, saveReplies } from '../../platform/idempotency.ts';
import type { Rejection } from '../../platform/problem.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import type { Rules } from './advance.ts';
import { noteStep } from './advance.ts';
import type { CheckoutProblem, Draft, Priced } from './checkout.ts';
import { methodOf, price } from './checkout.ts';
import type { Deadlines } from './lifecycle.ts';
import { deadlineAt } from './lifecycle.ts';
import type { OrderRow } from './store.ts';
import {
  findClosed,
  findMethods,
  findProducts,
  insertHistory,
  insertOrders,
  orderReply,
  orderState,
  takeNumbers,
} from './store.ts';

export interface Placement {
  draft: Draft;
  key: IdempotencyKey | undefined;
  traceparent: string;
  /** `performance.now()` when the request came in. */
  receivedAt: number;
}

export type Placed =
  | StoredReply
  | Rejection<CheckoutProblem | 'invalid-request' | 'idempotency-key-reused' | 'unauthorized'>;

/** Where the replies to a customer's checkouts are kept. */
export const placingScope = (customerId: string) => `${customerId} ${PlaceOrder.method} ${PlaceOrder.path}`;

export function createPlacement(db: Database, rules: Rules): GroupCommit<Placement, Placed> {
  return createGroupCommit<Placement, Placed>({
    write: (batch) => db.transaction((tx) => placeBatch(tx, batch, rules)),
  });
}

async function placeBatch(tx: Tx, batch: Placement[], rules: Rules): Promise<Placed[]> {
  const wanted = batch.flatMap(({ draft }) => draft.lines.map(({ product_id }) => product_id));
  const customers = batch.flatMap(({ draft }) => draft.customer_id ?? []);
  const [known, products, numbers, methods, closed] = await Promise.all([
    findReplies(
      tx,
      batch.map(({ key }) => key),
    ),
    findProducts(tx, wanted),
    takeNumbers(tx, batch.length),
    findMethods(tx),
    // A token outlives its account by some minutes.
    findClosed(tx, [...new Set(customers)]),
  ]);

  const orders: OrderRow[] = [];
  const replies: (IdempotencyKey & StoredReply)[] = [];
  const first = new Map<string, IdempotencyKey & StoredReply>();
  const results = batch.map((placement, i): Placed => {
    const { key } = placement;
    if (known[i]) return known[i] as Placed;
    const twin = key && first.get(`${key.scope}\n${key.key}`);
    if (twin) return twin.fingerprint === key?.fingerprint ? replayed(twin) : reject(common.keyReused);
    if (closed.has(placement.draft.customer_id ?? ''))
      return reject(common.unauthorized, { detail: 'the account was closed' });
    const priced = price(placement.draft, products);
    if (isRejection(priced)) return priced as Placed;

    const payment_method = methodOf(placement.draft, methods);
    if (isRejection(payment_method)) return payment_method;
    const facts = { payment_method, number: numbers[i] as number, ...priced };
    const order = newOrder(placement, facts, tx.now, rules.deadlines);
    const reply = placedReply(order);
    orders.push(order);
    tx.afterCommit(() => noteStep(rules, order, OrderPlaced.name));
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
      refunded: null,
    }));
    insertOrders(tx, orders);
    insertHistory(tx, history);
    await saveReplies(tx, replies);
    tx.afterCommit(rules.onSteps);
  }
  return results;
}

type Facts = Priced & Pick<OrderRow, 'payment_method' | 'number'>;

function newOrder(placement: Placement, facts: Facts, now: Date, deadlines: Deadlines): OrderRow {
  const { draft, traceparent, receivedAt } = placement;
  const at = now.toISOString();
  // Each by its name: put together from two objects it would be a dictionary, and cost 60 µs instead of 0.1.
  return {
    id: newId(),
    number: facts.number,
    status: 'pending',
    customer_id: draft.customer_id,
    email: draft.email,
    name: draft.name,
    phone: draft.phone,
    shipping_address: draft.shipping_address ?? null,
    client_reference: draft.client_reference,
    payment_method: facts.payment_method,
    items: facts.items,
    total_amount: facts.total_amount,
    currency: facts.currency,
    reason: null,
    version: 1,
    tracking: null,
    refunded_amount: 0,
    erased_at: null,
    notify_by: draft.notify_by ?? null,
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
