/**
 * Whether the rooms agree on an order, asked while the shop runs: of orders that have not moved for a while, so that what
 * is merely on its way is not taken for wrong. The other rooms are asked as an auditor, and only for what an auditor needs.
 */
import type { OrderFacts } from '../../audit/order.ts';
import { ACROSS, factsOf, faultsOf } from '../../audit/order.ts';
import { AuditNotifications, AuditPayments, AuditStock } from '../../contracts/audit.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Check, Found } from '../../platform/auditor.ts';
import type { Client } from '../../platform/client.ts';
import type { Endpoint } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import type { OrderAccount } from './store-audit.ts';
import { accountsAfter, accountsOf, accountsSettled } from './store-audit.ts';

/** An order that has not moved for so long is where it says it is. */
const SETTLED_MS = 60_000;
/** Of what moved lately, when nobody has looked for long: the walk comes to the rest. */
const WINDOW_MS = 24 * 3_600_000;
/** Orders that a walk through all of them looks at in a minute: a million in less than a day. */
const WALK = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

export interface CrossCheckOptions {
  db: Database;
  client: Client;
  /** '' when the parts of this shop share none. */
  token: string;
}

export function createCrossCheck({ db, client, token }: CrossCheckOptions): Check {
  async function ask<E extends Endpoint>(endpoint: E, ids: string): Promise<unknown[]> {
    const result = await client.call(endpoint, { query: { ids }, token } as never);
    if (!result.ok) throw new Error(`${endpoint.service} answered ${result.status}`);
    return (result.body as { items: unknown[] }).items;
  }

  async function factsAbout(orders: readonly OrderAccount[]): Promise<OrderFacts[]> {
    const ids = orders.map(({ id }) => id).join(',');
    const [stock, paid, told] = await Promise.all([
      ask(AuditStock, ids),
      ask(AuditPayments, ids),
      ask(AuditNotifications, ids),
    ]);
    return factsOf(orders, stock as never, paid as never, told as never);
  }

  async function broken(orders: readonly OrderAccount[]): Promise<Found['broken']> {
    const found: Found['broken'] = [];
    for (let from = 0; from < orders.length; from += LIMITS.batch) {
      for (const facts of await factsAbout(orders.slice(from, from + LIMITS.batch))) {
        for (const { detail } of faultsOf(facts)) found.push({ subject: facts.id, detail });
      }
    }
    return found;
  }

  async function lately(from: Date, until: Date): Promise<OrderAccount[]> {
    const orders: OrderAccount[] = [];
    for (let after = FIRST; ; after = (orders.at(-1) as OrderAccount).id) {
      const page = await accountsSettled(db, { from, until, after, limit: WALK });
      orders.push(...page);
      if (page.length < WALK) return orders;
    }
  }

  return {
    rule: ACROSS,
    about: 'order',
    walks: true,
    async find({ now, since, known, place }) {
      if (token === '')
        throw new Error('set AUDIT_TOKEN, the same for every service: without it the rooms cannot be compared');
      const from = new Date(Math.max(since.getTime() - SETTLED_MS, now.getTime() - WINDOW_MS));
      const until = new Date(now.getTime() - SETTLED_MS);
      const walked = await accountsAfter(db, place ?? FIRST, WALK, until);
      // An order that is known to be wrong may move: it stays known until it is right.
      const all = [...(await accountsOf(db, known)), ...walked, ...(await lately(from, until))];
      const orders = [...new Map(all.map((order) => [order.id, order])).values()];
      const last = walked.length < WALK ? undefined : walked.at(-1);
      return { broken: await broken(orders), place: last?.id ?? null };
    },
  };
}
