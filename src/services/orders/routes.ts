/** Endpoint → action. Who may see an order: its customer, a guest with its token, an admin; nobody else learns it exists. */
import { timingSafeEqual } from 'node:crypto';
import type { OrderStatus } from '../../contracts/orders.ts';
import * as contracts from '../../contracts/orders.ts';
import { IllegalStatus, NotFinished, NotFound } from '../../contracts/problems.ts';
import type { Caller } from '../../platform/auth.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import type { GroupCommit } from '../../platform/group-commit.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import { isIgnored } from '../../platform/state-machine.ts';
import type { Rules } from './advance.ts';
import { apply } from './advance.ts';
import { readCheckout } from './checkout.ts';
import type { CustomerCheck } from './customer-check.ts';
import { COMMANDS, FINISHED, LIFECYCLE, legalStatuses, NEXT } from './lifecycle.ts';
import type { Placed, Placement } from './place.ts';
import type { OrderRow } from './store.ts';
import { getHistory, getOrder, hideOrder, listOrders, lockOrders, orderReply } from './store.ts';

export interface OrderRoutesOptions {
  db: Database;
  placement: GroupCommit<Placement, Placed>;
  checkCustomer: CustomerCheck;
  rules: Rules;
}

export function orderRoutes({ db, placement, checkCustomer, rules }: OrderRoutesOptions): Route[] {
  async function visible(id: string, caller: Caller, token?: string): Promise<OrderRow | undefined> {
    const order = await getOrder(db, id);
    return order && maySee(order, caller, token) ? order : undefined;
  }

  /** A person asks for a step: legal by the table, or refused with what would be. */
  function command(id: string, status: OrderStatus, may: (order: OrderRow) => boolean, reason?: string) {
    return db.transaction(async (tx) => {
      const [order] = await lockOrders(tx, [id]);
      if (!order || order.hidden_at || !may(order)) return reject(NotFound);
      const input = COMMANDS[status];
      const cell = input && LIFECYCLE[order.status][input];
      if (!input || !cell || isIgnored(cell)) {
        const legal = legalStatuses(order.status);
        const why = cell && isIgnored(cell) ? cell.ignore : `${status} is not something a person sets`;
        const detail = `the order is ${order.status}: ${why}; it can become ${legal.join(' or ') || 'nothing else'}`;
        return reject(IllegalStatus, { detail, extra: { current_status: order.status, legal_statuses: legal } });
      }
      const learnt = {
        order_id: id,
        input,
        event: `command ${input}`,
        reason,
        note: reason,
        traceparent: order.traceparent,
      };
      const [changed] = await apply(tx, [order], [learnt], rules);
      return { body: orderReply(changed as OrderRow) };
    });
  }

  return [
    route(contracts.PlaceOrder, async ({ body, caller, traceparent, key, receivedAt }) => {
      const draft = readCheckout(body, caller);
      if (isRejection(draft)) return draft;
      if (body.customer_id !== undefined && caller.role !== 'guest') {
        const refusal = await checkCustomer(String(body.customer_id), caller.token, traceparent);
        if (refusal) return refusal;
      }
      // Guests have no name of their own: their keys live with the address they order for.
      const own = key && caller.role === 'guest' ? { ...key, scope: `${draft.email} ${key.scope}` } : key;
      return placement.add({ draft, key: own, traceparent, receivedAt });
    }),

    route(contracts.ListOrders, async ({ query, caller }) => {
      const before = decodeIdCursor(query.cursor);
      if (isRejection(before)) return before;
      const { cursor: _cursor, limit = 50, ...filter } = query;
      const own = caller.role === 'customer' ? { customer_id: caller.id } : {};
      const rows = await listOrders(db, { ...filter, ...own, before, limit: limit + 1 });
      return { body: cutPage(rows.map(orderReply), limit, ({ id }) => [id]) };
    }),

    route(contracts.GetOrder, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query.token);
      return order ? { body: orderReply(order) } : reject(NotFound);
    }),

    route(contracts.GetItems, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query.token);
      return order ? { body: { items: order.items } } : reject(NotFound);
    }),

    route(contracts.GetTimeline, async ({ params, query, caller }) => {
      const order = await visible(params.id, caller, query.token);
      if (!order) return reject(NotFound);
      const items = await getHistory(db, order.id);
      return { body: { items, next: NEXT[order.status], deadline_at: order.deadline_at } };
    }),

    route(contracts.ChangeStatus, ({ params, body }) => command(params.id, body.status, () => true, body.note)),

    route(contracts.CancelOrder, ({ params, query, caller, body }) =>
      command(params.id, 'cancelled', (order) => maySee(order, caller, query.token), body.reason),
    ),

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

function maySee(order: OrderRow, caller: Caller, token: string | undefined): boolean {
  if (caller.role === 'admin') return true;
  if (caller.role === 'customer' && order.customer_id === caller.id) return true;
  return token !== undefined && order.guest_token !== null && same(token, order.guest_token);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
