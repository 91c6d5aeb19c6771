/**
 * Whether the rooms agree on an order, asked while the shop runs: of orders that have not moved for a while, and about which
 * no message is on its way, so that a backlog is not taken for wrong. The other rooms are asked as an auditor, and only for
 * what an auditor needs. However long nobody has looked, a look is bounded: the walk through all orders comes to the rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderFacts } from '../../audit/order.ts';
import { ACROSS, factsOf, faultsOf, UNKNOWN } from '../../audit/order.ts';
import {
  AuditKnown,
  AuditNotifications,
  AuditPayments,
  AuditStock,
  AuditWaiting,
  KNOWN_PAGE,
} from '../../contracts/audit.ts';
import { fromMinor } from '../../contracts/money.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Check, Found } from '../../platform/auditor.ts';
import { MOST } from '../../platform/auditor.ts';
import type { Client } from '../../platform/client.ts';
import type { Endpoint } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import { waitingAbout } from '../../platform/messages-about.ts';
import type { Account } from './store-audit.ts';
import { accountsAfter, accountsOf, accountsSettled } from './store-audit.ts';

/** An order that has not moved for so long is where it says it is. */
const SETTLED_MS = 60_000;
/** Of what moved lately, when nobody has looked for long. */
const WINDOW_MS = 24 * 3_600_000;
/**
 * Orders of what moved lately that one look is about. Looks overlap by a minute, so this is two minutes' of 1,700 a second; at
 * 15 ms for a hundred it takes half a minute, and at four times that no longer than a look may.
 */
const LATELY = 200_000;
/** Orders that a walk through all of them looks at in a minute: a million in less than a day. */
const WALK = 1_000;
/** Between two looks at what seems wrong: longer than a message is in nobody's table on its way through the broker. */
const AGAIN_MS = 2_000;
/** Whose messages a broker's queue holds nobody knows. A queue that is never empty must not hide what is wrong for good. */
const QUEUED_MS = 15 * 60_000;
const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export interface CrossCheckOptions {
  db: Database;
  client: Client;
  /** '' when the parts of this shop share none. */
  token: string;
  /** Whether messages for orders wait with the broker. */
  queued: () => Promise<boolean>;
  lately?: number;
  againMs?: number;
}

/** Order → what is wrong with it. */
type Faults = Map<string, string[]>;

export function createCrossCheck(options: CrossCheckOptions): Check {
  const { db, client, token, queued, lately = LATELY, againMs = AGAIN_MS } = options;
  /**
   * Orders that seem wrong while messages about them are on their way, and since when: looked at again until those have come.
   * Only this process knows them; when it dies, the walk comes to them.
   */
  let suspects = new Map<string, number>();

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

  async function faultsAmong(orders: readonly Account[]): Promise<Faults> {
    const faults: Faults = new Map();
    const accounts = new Map(orders.map((order) => [order.id, order]));
    for (const some of batches([...accounts.values()])) {
      for (const facts of await factsAbout(some)) {
        const { currency } = accounts.get(facts.id) as Account;
        const found = faultsOf(facts, (minor) => `${fromMinor(minor, currency)} ${currency}`);
        if (found.length > 0)
          faults.set(
            facts.id,
            found.map(({ detail }) => detail),
          );
      }
    }
    return faults;
  }

  /** Those about which messages wait in some room; `mute`: messages wait with the broker, and nobody knows about what. */
  async function underWay(ids: readonly string[]): Promise<{ about: Set<string>; mute: boolean }> {
    const about = new Set<string>();
    let mute = await queued();
    for (const some of batches(ids)) {
      const others = Object.values(AuditWaiting).map((endpoint) =>
        ask<{ ids: string[]; queued: boolean }>(endpoint, { ids: some.join(',') }),
      );
      for (const id of await waitingAbout(db, some)) about.add(id);
      for (const room of await Promise.all(others)) {
        for (const id of room.ids) about.add(id);
        mute ||= room.queued;
      }
    }
    return { about, mute };
  }

  /** Of what seems wrong, what is: nothing about it is on its way, and it is no better a moment later. */
  async function certain(faults: Faults, now: Date): Promise<Faults> {
    const seen = new Map([...faults.keys()].map((id) => [id, suspects.get(id) ?? now.getTime()]));
    if (seen.size === 0) {
      suspects = seen;
      return faults;
    }
    const { about, mute } = await underWay([...seen.keys()]);
    const waits = ([id, since]: [string, number]) => about.has(id) || (mute && now.getTime() - since < QUEUED_MS);
    suspects = new Map([...seen].filter(waits).slice(0, MOST));
    const still = [...seen].filter((one) => !waits(one)).map(([id]) => id);
    if (still.length === 0) return new Map();
    await sleep(againMs);
    const again = await faultsAmong(await accountsOf(db, still, settledBefore(now)));
    const lasting = [...again].map(([id, details]): [string, string[]] => [
      id,
      details.filter((detail) => faults.get(id)?.includes(detail)),
    ]);
    return new Map(lasting.filter(([, details]) => details.length > 0));
  }

  /** What moved between two moments, a page at a time, until there is enough of it. */
  async function* movedLately(from: Date, until: Date): AsyncGenerator<Account[]> {
    for (let [after, left] = [FIRST, lately]; left > 0; left -= WALK) {
      const limit = Math.min(WALK, left);
      const page = await accountsSettled(db, { from, until, after, limit });
      if (page.length > 0) yield page;
      if (page.length < limit) return;
      after = (page.at(-1) as Account).id;
    }
  }

  /** Orders that other rooms know and this one does not: of those that were, and on this part of the walk. */
  async function strangers(absent: readonly string[], after: string, until: string): Promise<Set<string>> {
    const lost = new Set<string>();
    const meet = async (ids: readonly string[]) => {
      const here = new Set((await accountsOf(db, ids)).map(({ id }) => id));
      for (const id of ids) if (!here.has(id)) lost.add(id);
    };
    for (const some of batches(absent)) {
      const ids = some.join(',');
      const known: { order_id: string }[] = [
        ...(await itemsOf(AuditStock, ids)),
        ...(await itemsOf(AuditPayments, ids)),
      ];
      await meet(known.map(({ order_id }) => order_id));
    }
    for (const endpoint of Object.values(AuditKnown)) {
      for (let place = after; lost.size < MOST; ) {
        const { ids } = await ask<{ ids: string[] }>(endpoint, { after: place, until });
        await meet(ids);
        if (ids.length < KNOWN_PAGE) break;
        place = ids.at(-1) as string;
      }
    }
    return lost;
  }

  return {
    rule: ACROSS,
    about: 'order',
    walks: true,
    async find({ now, since, known, place }) {
      if (token === '')
        throw new Error('set AUDIT_TOKEN, the same for every service: without it the rooms cannot be compared');
      const from = new Date(Math.max(since.getTime() - SETTLED_MS, now.getTime() - WINDOW_MS));
      const until = settledBefore(now);
      // An order that is known to be wrong may move: it stays known until it is right.
      const before = await accountsOf(db, known);
      const walked = await accountsAfter(db, place ?? FIRST, WALK, until);
      const faults = await faultsAmong([...before, ...(await accountsOf(db, [...suspects.keys()], until)), ...walked]);
      for await (const page of movedLately(from, until)) {
        for (const [id, details] of await faultsAmong(page)) faults.set(id, details);
        if (faults.size >= MOST) break;
      }
      const stays = new Map([...faults].filter(([id]) => known.includes(id)));
      for (const id of stays.keys()) faults.delete(id);
      const last = walked.length < WALK ? undefined : walked.at(-1);
      const absent = known.filter((id) => before.every((one) => one.id !== id));
      const lost = await strangers(absent, place ?? FIRST, last?.id ?? LAST);
      return {
        broken: [
          ...asFound(stays),
          ...[...lost].map((subject) => ({ subject, detail: UNKNOWN.detail })),
          ...asFound(await certain(faults, now)),
        ],
        place: last?.id ?? null,
      };
    },
  };
}

const settledBefore = (now: Date) => new Date(now.getTime() - SETTLED_MS);

const asFound = (faults: Faults): Found['broken'] =>
  [...faults].flatMap(([subject, details]) => details.map((detail) => ({ subject, detail })));

function* batches<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += LIMITS.batch) yield all.slice(from, from + LIMITS.batch);
}
