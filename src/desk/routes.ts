/** The dead-letter desk of one room: what its endpoints do. Every room has the same. */
import type { Desk } from '../contracts/dead-letters.ts';
import { RATE } from '../contracts/dead-letters.ts';
import { AlreadyDealtWith, EndsTheProcess, NotFound } from '../contracts/problems.ts';
import type { Caller } from '../platform/auth.ts';
import { isId } from '../platform/clock.ts';
import { type Deed, discardDead, retryDead } from '../platform/dead-letter-deeds.ts';
import {
  actionsOf,
  type DeadLetter,
  type DeadSummary,
  getDead,
  listDead,
  readCauses,
  summaryOf,
} from '../platform/dead-letters.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import { flawOf, MAX_EVENT_BYTES } from '../platform/message.ts';
import { cutPage, decodeTimeCursor } from '../platform/page.ts';
import type { Rejection } from '../platform/problem.ts';
import { common, isRejection, reject } from '../platform/problem.ts';
import type { CommonParts } from '../platform/service.ts';
import { againOf, type Change, eventsIn, isDangerous, type Refusal } from './edit.ts';
import { discardGroup, retryGroup, stopAll } from './groups.ts';
import { hide, hideRun, mask, parsed } from './secrets.ts';

/** Characters of a payload that are shown: all of whatever can be edited. */
const SHOWN = MAX_EVENT_BYTES;

const BUSY = { detail: 'another dry run is going on: it holds locks', headers: { 'retry-after': '5' } };

export const deskRoutes = (desk: Desk, parts: CommonParts): Route[] => [
  ...readingRoutes(desk, parts),
  ...deedRoutes(desk, parts),
];

function readingRoutes(desk: Desk, parts: CommonParts): Route[] {
  const { db, inbox, clock } = parts;
  return [
    route(desk.list, async ({ query: { limit = 50, cursor, ...filter } }) => {
      const before = decodeTimeCursor(cursor, 2, ([, id]) => isId(String(id)));
      if (isRejection(before)) return before;
      const rows = await listDead(db, filter, { before, limit });
      return { body: cutPage(rows, limit, ({ died_at, id }) => [died_at, id]) };
    }),
    route(desk.causes, async () => ({ body: await readCauses(db) })),
    route(desk.get, async ({ params }) => {
      const letter = await getDead(db, params.id);
      return letter ? { body: await detail(parts, letter) } : reject(NotFound);
    }),
    route(desk.rehearse, async ({ params, body }) => {
      const letter = await getDead(db, params.id);
      if (!letter) return reject(NotFound);
      if (letter.status !== 'dead') return reject(AlreadyDealtWith);
      // Nobody knows whether a change touches the cause.
      if (isDangerous(letter)) return reject(EndsTheProcess, { detail: 'a dry run might end it again' });
      const again = againOf(inbox.contracts, letter, body, clock.now());
      if (isRejection(again)) return again;
      const events = again.inside ?? [{ ...letter, ...again.edit }];
      const told = await inbox.rehearse(events);
      if (!told) return reject(common.unavailable, BUSY);
      const read = events.map(({ type, data }) => ({ type, data: parsed(data) }));
      return { body: hideRun(inbox.contracts, read, told) };
    }),
  ];
}

function deedRoutes(desk: Desk, parts: CommonParts): Route[] {
  const { db, inbox, clock } = parts;
  const deedOf = (caller: Caller, why: string): Deed => {
    if (caller.role === 'guest') throw new Error('a guest is at the desk');
    return { actor: { id: caller.id, email: caller.email }, why, at: clock.now() };
  };

  async function retry(id: string, change: Change, deed: Deed): Promise<Rejection<Refusal> | boolean> {
    const letter = (await getDead(db, id)) as DeadLetter;
    const again = againOf(inbox.contracts, letter, change, deed.at);
    if (isRejection(again)) return again;
    return (await db.transaction((tx) => retryDead(tx, [again], deed))).length > 0;
  }

  /** Acts on a message that is still dead, and answers with what it is then. */
  async function deal<Code extends string>(id: string, act: () => Promise<Rejection<Code> | boolean>) {
    const letter = await summaryOf(db, id);
    if (!letter) return reject(NotFound);
    const done = letter.status === 'dead' && (await act());
    if (isRejection(done)) return done;
    if (!done) return reject(AlreadyDealtWith);
    return { body: (await summaryOf(db, id)) as DeadSummary };
  }

  return [
    route(desk.retry, async ({ params, body: { why, ...change }, caller }) => {
      const reply = await deal(params.id, () => retry(params.id, change, deedOf(caller, why)));
      inbox.look();
      return reply;
    }),
    route(desk.discard, ({ params, body, caller }) =>
      deal<never>(params.id, async () => {
        const gone = await db.transaction((tx) => discardDead(tx, [params.id], deedOf(caller, body.why)));
        return gone.length > 0;
      }),
    ),
    route(desk.retryGroup, async ({ body: { group, why, per_second = RATE.usual }, caller }) => ({
      body: await retryGroup(parts, group, per_second, deedOf(caller, why)),
    })),
    route(desk.discardGroup, async ({ body: { group, why }, caller }) => ({
      body: { discarded: await discardGroup(parts, group, deedOf(caller, why)) },
    })),
    route(desk.stop, async ({ body: { why }, caller }) => ({
      body: { stopped: await stopAll(parts, deedOf(caller, why)) },
    })),
  ];
}

async function detail({ db, inbox: { contracts, types } }: CommonParts, letter: DeadLetter) {
  const contract = contracts.get(letter.type);
  const data = parsed(letter.data);
  const actions = await actionsOf(db, letter.id);
  const told = {
    ...letter,
    data: mask(contracts, letter.type, letter.data).slice(0, SHOWN),
    size: Buffer.byteLength(letter.data),
    inside: eventsIn(letter)?.length ?? null,
    contract: contract
      ? { summary: contract.summary, publisher: contract.publisher, schema: contract.data as unknown }
      : null,
    faults: contract ? (flawOf(contracts, letter.type, data)?.faults ?? []) : [],
    dangerous: isDangerous(letter),
    types: [...types].sort(),
    actions: actions.map((one) => ({
      ...one,
      data_before: one.data_before && mask(contracts, one.type_before ?? '', one.data_before).slice(0, SHOWN),
    })),
  };
  // Each with what it was: a secret that is edited away is still one.
  const before = actions.map((one) => ({
    type: one.type_before ?? '',
    data: one.data_before === null ? undefined : parsed(one.data_before),
  }));
  return hide(contracts, [{ type: letter.type, data }, ...before], told);
}
