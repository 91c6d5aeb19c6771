/** Endpoint → action. Who may see an order: its customer, a guest with its token, an admin; nobody else learns it exists. */
import { timingSafeEqual } from 'node:crypto';
import type { OrderStatus, Tracking } from '../../contracts/orders.ts';
import * as contracts from '../../contracts/orders.ts';
import { IllegalStatus, NotFinished, NotFound } from '../../contracts/problems.ts';
import type { Seen } from '../../contracts/shapes.ts';
import { GetOutlook } from '../../contracts/xray.ts';
import type { Caller } from '../../platform/auth.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { EVENT_STREAM_HEADERS } from '../../platform/event-stream.ts';
import type { GroupCommit } from '../../platform/group-commit.ts';
import { findReplies } from '../../platform/idempotency.ts';
import { traceId } from '../../platform/log.ts';
import { cutPage, decodeIdCursor, pageSize } from '../../platform/page.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { isIgnored } from '../../platform/state-machine.ts';
import type { Rules } from './advance.ts';
import { apply } from './advance.ts';
import { readCheckout } from './checkout.ts';
import type { CustomerCheck } from './customer-check.ts';
import { COMMANDS, FINISHED, isPaidBack, LIFECYCLE, NEXT, nextStatuses } from './lifecycle.ts';
import { outlookOf } from './outlook.ts';
import type { Placed, Placement } from './place.ts';
import type { OrderRow } from './store.ts';
import { getHistory, getOrder, hideOrder, lockOrders, orderReply, setTracking } from './store.ts';
import { listOrders } from './store-list.ts';
import type { Watch } from './watch.ts';
import { isOver } from './watch.ts';

export interface OrderRoutesOptions {
  db: Database;
  clock: Clock;
  placement: GroupCommit<Placement, Placed>;
  checkCustomer: CustomerCheck;
  rules: Rules;
  watch: Watch;
}

/** What a person asks an order to become. */
interface Command {
  id: string;
  status: OrderStatus;
  may: (order: OrderRow) => boolean;
  reason?: string | undefined;
  tracking?: Tracking | undefined;
}

export function orderRoutes({ db, clock, placement, checkCustomer, rules, watch }: OrderRoutesOptions): Route[] {
  async function visible(id: string, caller: Caller, { token, deleted }: Seen): Promise<OrderRow | undefined> {
    const order = await getOrder(db, id);
    if (!order || !maySee(order, caller, token)) return undefined;
    return order.hidden_at === null || (deleted && caller.role === 'admin') ? order : undefined;
  }

  /** A person asks for a step: legal by the table, or refused with what would be. */
  function command({ id, status, may, reason, tracking }: Command) {
    return db.transaction(async (tx) => {
      const [order] = await lockOrders(tx, [id]);
      if (!order || order.hidden_at || !may(order)) return reject(NotFound);
      const input = COMMANDS[status];
      const cell = input && LIFECYCLE[order.status][input];
      if (!input || !cell || isIgnored(cell)) {
        const why = cell && isIgnored(cell) ? cell.ignore : `${status} is not something a person sets`;
        return illegal(order, why);
      }
      if (status === 'shipped' && isPaidBack(order)) return illegal(order, 'its money has gone back in full');
      const learnt = {
        order_id: id,
        input,
        event: `command ${input}`,
        reason,
        note: reason,
        traceparent: order.traceparent,
      };
      if (tracking) setTracking(tx, id, tracking);
      const [changed] = await apply(tx, [{ ...order, tracking: tracking ?? order.tracking }], [learnt], rules);
      return { body: orderReply(changed as OrderRow) };
    });
  }

  return [
    route(contracts.PlaceOrder, async ({ body, caller, traceparent, key, receivedAt }) => {
      const draft = readCheckout(body, caller);
      if (isRejection(draft)) return draft;
      if (body.customer_id !== undefined && caller.role !== 'guest') {
        // What was placed already stays placed, whether or not the customer can be asked about now.
        const [known] = await findReplies({ query: db.query, now: clock.now() }, [key]);
        if (known) return known;
        const refusal = await checkCustomer(String(body.customer_id), caller.token, traceparent);
        if (refusal) return refusal;
      }
      // Guests have no name of their own: their keys live with the address they order for.
      const own = key && caller.role === 'guest' ? { ...key, scope: `${draft.email} ${key.scope}` } : key;
      return placement.add({ draft, key: own, traceparent, receivedAt });
    }),

    route(contracts.ListOrders, async ({ query, caller }) => {
      const after = decodeIdCursor(query.cursor);
      if (isRejection(after)) return after;
      const { cursor: _cursor, limit: _limit, ids, ...filter } = query;
      const limit = pageSize(query);
      const owner = caller.role === 'customer' ? caller.id : undefined;
      const rows = await listOrders(db, { ...filter, owner, ids: ids?.split(','), after, limit: limit + 1 });
      return { body: cutPage(rows.map(orderReply), limit, ({ id }) => [id]) };
    }),

    route(contracts.GetOrder, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query);
      return order ? { body: orderReply(order) } : reject(NotFound);
    }),

    route(contracts.GetItems, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query);
      return order ? { body: { items: order.items } } : reject(NotFound);
    }),

    route(contracts.GetTimeline, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query);
      if (!order) return reject(NotFound);
      const { status, deadline_at } = order;
      const trace_id = traceId(order.traceparent) ?? '';
      return { body: { items: await getHistory(db, order.id), next: NEXT[status], deadline_at, trace_id } };
    }),

    route(GetOutlook, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query);
      return order ? { body: outlookOf(order, await getHistory(db, order.id), clock.now()) } : reject(NotFound);
    }),

    route(contracts.StreamOrder, async ({ params, query, caller, headers }) => {
      const seen = headers['last-event-id'] || '0';
      if (!/^\d{1,9}$/.test(seen)) {
        const errors = [{ pointer: '/headers/last-event-id', detail: 'must be the id of an event of this stream' }];
        return reject(common.invalid, { errors });
      }
      const order = await visible(params.id, caller, query);
      if (!order) return reject(NotFound);
      // 204 tells a browser's EventSource not to come back.
      if (isOver(order, Number(seen), clock.now())) return { status: 204 };
      const stream = watch.open(order.id, Number(seen));
      if (!stream) {
        return reject(common.unavailable, { detail: 'too many are watching', headers: { 'retry-after': '10' } });
      }
      return { stream, headers: EVENT_STREAM_HEADERS };
    }),

    route(contracts.ChangeStatus, async ({ params, body: { status, note, tracking } }) => {
      if (tracking && status !== 'shipped') {
        return reject(common.invalid, { errors: [{ pointer: '/tracking', detail: 'goes with status shipped only' }] });
      }
      return command({ id: params.id, status, may: () => true, reason: note, tracking });
    }),

    route(contracts.CancelOrder, ({ params, query, caller, body }) => {
      const may = (order: OrderRow) => maySee(order, caller, query.token);
      return command({ id: params.id, status: 'cancelled', may, reason: body.reason });
    }),

    route(contracts.DeleteOrder, ({ params }) =>
      db.transaction(async (tx) => {
        const [order] = await lockOrders(tx, [params.id]);
        if (!order || order.hidden_at) return reject(NotFound);
        if (!FINISHED.includes(order.status)) return reject(NotFinished, { detail: `the order is ${order.status}` });
        hideOrder(tx, order.id, tx.now);
        return {};
      }),
    ),
  ];
}

function illegal(order: OrderRow, why: string) {
  const { status } = order;
  const legal = nextStatuses(order);
  const detail = `the order is ${status}: ${why}; it can become ${legal.join(' or ') || 'nothing else'}`;
  return reject(IllegalStatus, { detail, extra: { current_status: status, legal_statuses: legal } });
}

function maySee(order: OrderRow, caller: Caller, token: string | undefined): boolean {
  if (caller.role === 'admin') return true;
  if (caller.role === 'customer' && order.customer_id === caller.id) return true;
  return token !== undefined && order.guest_token !== null && same(token, order.guest_token);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
