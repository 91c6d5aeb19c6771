/** What must hold of a whole shop, asked of its databases: within each room, and of each order across the rooms. */
import type { ServiceName } from '../contracts/registry.ts';
import type { Rule, Violation } from '../platform/audit.ts';
import { violations } from '../platform/audit.ts';
import type { Tx } from '../platform/database.ts';
import { allocationsOf, RULES as INVENTORY } from '../services/inventory/store-audit.ts';
import { RULES as NOTIFICATIONS, toldAbout } from '../services/notifications/store-audit.ts';
import { accountsAfter, RULES as ORDERS } from '../services/orders/store-audit.ts';
import { RULES as PAYMENTS, paidFor } from '../services/payments/store-audit.ts';
import type { Fault, OrderFacts } from './order.ts';
import { ACROSS, factsOf, faultsOf } from './order.ts';

export { ACROSS } from './order.ts';

export const RULES: Partial<Record<ServiceName, readonly Rule[]>> = {
  orders: ORDERS,
  inventory: INVENTORY,
  payments: PAYMENTS,
  notifications: NOTIFICATIONS,
};

const PAGE = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** A room's database, to be read. */
export type Books = (room: ServiceName) => Pick<Tx, 'query'>;

/** Every rule of every room, of what has changed since. */
export async function auditRooms(books: Books, when: { now: Date; since: Date }): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const [room, rules] of Object.entries(RULES)) {
    found.push(...(await violations(books(room as ServiceName), rules, when)));
  }
  return found;
}

/** All that the rooms know of every order, a page at a time. */
export async function* orderFacts(books: Books): AsyncGenerator<OrderFacts[]> {
  for (let after = FIRST; ; ) {
    const orders = await accountsAfter(books('orders'), after, PAGE);
    if (orders.length === 0) return;
    after = (orders.at(-1) as OrderFacts).id;
    const ids = orders.map(({ id }) => id);
    const [stock, paid, told] = await Promise.all([
      allocationsOf(books('inventory'), ids),
      paidFor(books('payments'), ids),
      toldAbout(books('notifications'), ids),
    ]);
    yield factsOf(orders, stock, paid, told);
  }
}

/** About an order, in which the rooms do not agree. */
export type Disagreement = Violation & Fault;

/** Orders on which the rooms do not agree. What is still on its way for an order looks like that for a moment. */
export async function auditOrders(books: Books): Promise<Disagreement[]> {
  const found: Disagreement[] = [];
  for await (const page of orderFacts(books)) {
    for (const facts of page) {
      for (const fault of faultsOf(facts)) found.push({ rule: ACROSS, subject: facts.id, ...fault });
    }
  }
  return found;
}
