/** What must hold of a whole shop, asked of its databases: within each room, and of each order across the rooms. */

import { fromMinor } from '../contracts/money.ts';
import type { ServiceName } from '../contracts/registry.ts';
import type { Rule, Violation } from '../platform/audit.ts';
import { violations } from '../platform/audit.ts';
import type { Tx } from '../platform/database.ts';
import { knownOrders as decidedOn, RULES as INVENTORY, stockOf } from '../services/inventory/store-audit.ts';
import { RULES as NOTIFICATIONS, toldAbout } from '../services/notifications/store-audit.ts';
import type { Account } from '../services/orders/store-audit.ts';
import { accountsAfter, accountsOf, RULES as ORDERS } from '../services/orders/store-audit.ts';
import { RULES as PAYMENTS, paidFor, knownOrders as paidOrders } from '../services/payments/store-audit.ts';
import type { Fault, OrderFacts } from './order.ts';
import { ACROSS, factsOf, faultsOf, UNKNOWN } from './order.ts';

export { ACROSS } from './order.ts';

export const RULES: Partial<Record<ServiceName, readonly Rule[]>> = {
  orders: ORDERS,
  inventory: INVENTORY,
  payments: PAYMENTS,
  notifications: NOTIFICATIONS,
};

const PAGE = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A room's database, to be read. */
export type Books = (room: ServiceName) => Pick<Tx, 'query'>;

/** Every rule of every room, of what has changed since. */
export async function auditRooms(books: Books, when: { now: Date; since: Date }): Promise<Violation[]> {
  const rooms = Object.entries(RULES).map(([room, rules]) => violations(books(room as ServiceName), rules, when));
  return (await Promise.all(rooms)).flat();
}

/** What the rooms know of an order, and how orders calls it. */
export type KnownOrder = OrderFacts & Pick<Account, 'number' | 'currency'>;

/** All that the rooms know of every order, a page at a time. */
export async function* orderFacts(books: Books): AsyncGenerator<KnownOrder[]> {
  for (let after = FIRST; ; ) {
    const orders = await accountsAfter(books('orders'), after, PAGE);
    if (orders.length === 0) return;
    after = (orders.at(-1) as Account).id;
    const ids = orders.map(({ id }) => id);
    const [stock, paid, told] = await Promise.all([
      stockOf(books('inventory'), ids),
      paidFor(books('payments'), ids),
      toldAbout(books('notifications'), ids),
    ]);
    const facts = factsOf(orders, stock, paid, told);
    yield orders.map(({ number, currency }, i) => ({ ...(facts[i] as OrderFacts), number, currency }));
  }
}

/** About an order, in which the rooms do not agree. */
export interface Disagreement extends Violation, Pick<Fault, 'detail' | 'remedy'> {
  /** Undefined: orders does not know it. */
  order: KnownOrder | undefined;
}

/** Orders on which the rooms do not agree. What is still on its way for an order looks like that for a moment. */
export async function auditOrders(books: Books): Promise<Disagreement[]> {
  const found: Disagreement[] = [];
  for await (const page of orderFacts(books)) {
    for (const order of page) {
      const sum = (minor: number) => `${fromMinor(minor, order.currency)} ${order.currency}`;
      for (const fault of faultsOf(order, sum))
        found.push({ rule: ACROSS, about: 'order', subject: order.id, order, ...fault });
    }
  }
  const lost = await strangers(books);
  return [
    ...found,
    ...lost.map((subject) => ({ rule: ACROSS, about: 'order', subject, order: undefined, ...UNKNOWN })),
  ];
}

/** Orders that inventory or payments know, and orders does not. */
async function strangers(books: Books): Promise<string[]> {
  const lost = new Set<string>();
  const rooms = [
    { of: decidedOn, db: books('inventory') },
    { of: paidOrders, db: books('payments') },
  ];
  for (const { of, db } of rooms) {
    for (let after = FIRST; ; ) {
      const known = await of(db, { after, until: LAST }, PAGE);
      const here = new Set((await accountsOf(books('orders'), known)).map(({ id }) => id));
      for (const id of known) if (!here.has(id)) lost.add(id);
      if (known.length < PAGE) break;
      after = known.at(-1) as string;
    }
  }
  return [...lost];
}
