/**
 * Whether the rooms agree on an order, asked while the shop runs: of orders that have not moved for a while, so that what
 * is merely on its way is not taken for wrong. The other rooms are asked as an auditor, and only for what an auditor needs.
 */
import type { OrderFacts } from '../../audit/order.ts';
import { ACROSS, factsOf, faultsOf, UNKNOWN } from '../../audit/order.ts';
import { AuditKnown, AuditNotifications, AuditPayments, AuditStock, KNOWN_PAGE } from '../../contracts/audit.ts';
import { fromMinor } from '../../contracts/money.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Check, Found } from '../../platform/auditor.ts';
import type { Client } from '../../platform/client.ts';
import type { Endpoint } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import type { Account } from './store-audit.ts';
import { accountsAfter, accountsOf, accountsSettled } from './store-audit.ts';

/** An order that has not moved for so long is where it says it is. */
const SETTLED_MS = 60_000;
/** Of what moved lately, when nobody has looked for long: the walk comes to the rest. */
const WINDOW_MS = 24 * 3_600_000;
/** Orders that a walk through all of them looks at in a minute: a million in less than a day. */
const WALK = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export interface CrossCheckOptions {
  db: Database;
  client: Client;
  /** '' when the parts of this shop share none. */
  token: string;
}

export function createCrossCheck({ db, client, token }: CrossCheckOptions): Check {
  async function ask<Reply>(endpoint: Endpoint, query: Record<string, string>): Promise<Reply> {
    const result = await client.call(endpoint, { query, token } as never);
    if (!result.ok) throw new Error(`${endpoint.service} answered ${result.status}`);
    return result.body as Reply;
  }
  const itemsOf = async (endpoint: Endpoint, ids: string) => (await ask<{ items: never[] }>(endpoint, { ids })).items;

  async function factsAbout(orders: readonly Account[]): Promise<OrderFacts[]> {
    const ids = orders.map(({ id }) => id).join(',');
    const [stock, paid, told] = await Promise.all([
      itemsOf(AuditStock, ids),
      itemsOf(AuditPayments, ids),
      itemsOf(AuditNotifications, ids),
    ]);
    return factsOf(orders, stock, paid, told);
  }

  async function broken(orders: readonly Account[]): Promise<Found['broken']> {
    const found: Found['broken'] = [];
    const accounts = new Map(orders.map((order) => [order.id, order]));
    for (let from = 0; from < orders.length; from += LIMITS.batch) {
      for (const facts of await factsAbout(orders.slice(from, from + LIMITS.batch))) {
        const { currency } = accounts.get(facts.id) as Account;
        const sum = (minor: number) => `${fromMinor(minor, currency)} ${currency}`;
        for (const { detail } of faultsOf(facts, sum)) found.push({ subject: facts.id, detail });
      }
    }
    return found;
  }

  /** Of orders that other rooms know, those that this one does not. */
  async function strangers(ids: readonly string[]): Promise<Found['broken']> {
    const here = new Set((await accountsOf(db, ids)).map(({ id }) => id));
    const lost = new Set(ids.filter((id) => !here.has(id)));
    return [...lost].map((subject) => ({ subject, detail: UNKNOWN.detail }));
  }

  /** Of these, which inventory or payments still know. */
  async function stillKnown(ids: readonly string[]): Promise<string[]> {
    const found: { order_id: string }[] = [];
    for (let from = 0; from < ids.length; from += LIMITS.batch) {
      const some = ids.slice(from, from + LIMITS.batch).join(',');
      found.push(...(await itemsOf(AuditStock, some)), ...(await itemsOf(AuditPayments, some)));
    }
    return found.map(({ order_id }) => order_id);
  }

  const knownOrders = async (after: string, until: string) => [
    ...(await knownTo(AuditKnown.inventory, after, until)),
    ...(await knownTo(AuditKnown.payments, after, until)),
  ];

  async function knownTo(endpoint: Endpoint, after: string, until: string): Promise<string[]> {
    const known: string[] = [];
    for (;;) {
      const { ids } = await ask<{ ids: string[] }>(endpoint, { after: known.at(-1) ?? after, until });
      known.push(...ids);
      if (ids.length < KNOWN_PAGE) return known;
    }
  }

  async function lately(from: Date, until: Date): Promise<Account[]> {
    const orders: Account[] = [];
    for (let after = FIRST; ; after = (orders.at(-1) as Account).id) {
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
      const suspects = await accountsOf(db, known);
      // An order that is known to be wrong may move: it stays known until it is right.
      const all = [...suspects, ...walked, ...(await lately(from, until))];
      const orders = [...new Map(all.map((order) => [order.id, order])).values()];
      const last = walked.length < WALK ? undefined : walked.at(-1);
      const absent = known.filter((id) => suspects.every((one) => one.id !== id));
      const lost = await strangers([
        ...(await stillKnown(absent)),
        ...(await knownOrders(place ?? FIRST, last?.id ?? LAST)),
      ]);
      return { broken: [...(await broken(orders)), ...lost], place: last?.id ?? null };
    },
  };
}
