/**
 * Whether the rooms agree on an order, asked while the shop runs: of orders that have not moved for a while, so that what
 * is merely on its way is not taken for wrong. The other rooms are asked as an auditor, and only for what an auditor needs.
 */
import type { OrderFacts } from '../../audit/order.ts';
import { ACROSS, factsOf, faultsOf } from '../../audit/order.ts';
import { AuditNotifications, AuditPayments, AuditStock } from '../../contracts/audit.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Check } from '../../platform/auditor.ts';
import type { Client } from '../../platform/client.ts';
import type { Endpoint } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import type { OrderAccount } from './store-audit.ts';
import { accountsSettled } from './store-audit.ts';

/** An order that has not moved for so long is where it says it is. */
const SETTLED_MS = 60_000;
/** In one look: a shop that is older than its auditor is looked at as a whole by `npm run audit`. */
const WINDOW_MS = 24 * 3_600_000;

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

  return {
    rule: ACROSS,
    about: 'order',
    async find({ now, since }) {
      if (token === '')
        throw new Error('set AUDIT_TOKEN, the same for every service: without it the rooms cannot be compared');
      const from = new Date(Math.max(since.getTime() - SETTLED_MS, now.getTime() - WINDOW_MS));
      const until = new Date(now.getTime() - SETTLED_MS);
      const found: { subject: string; detail: string }[] = [];
      for (let after: string | undefined; ; ) {
        const orders = await accountsSettled(db, { from, until, after, limit: LIMITS.batch });
        if (orders.length === 0) return found;
        for (const facts of await factsAbout(orders)) {
          for (const { detail } of faultsOf(facts)) found.push({ subject: facts.id, detail });
        }
        after = orders.at(-1)?.id;
      }
    },
  };
}
