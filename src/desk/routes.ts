/** The dead-letter desk of one room: what its endpoints do. Every room has the same. */
import { isDeepStrictEqual } from 'node:util';
import type { Desk } from '../contracts/dead-letters.ts';
import { GROUP_LIMIT, RATE } from '../contracts/dead-letters.ts';
import { AlreadyDealtWith, EndsTheProcess, NotFound, StillFaulty } from '../contracts/problems.ts';
import type { Caller } from '../platform/auth.ts';
import type { DeadLetter, Deed, Edit, Retry } from '../platform/dead-letters.ts';
import {
  actionsOf,
  deadOfGroup,
  discardDead,
  getDead,
  listDead,
  readCauses,
  retryDead,
  UNDECODABLE,
} from '../platform/dead-letters.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import { flawOf } from '../platform/inbox.ts';
import { DIED, LAST_CHANCE } from '../platform/marks.ts';
import { decodeBatch, isTooDeep, MAX_EVENT_BYTES, type StoredEvent } from '../platform/message.ts';
import { cutPage, decodeIdCursor } from '../platform/page.ts';
import type { Fault, Rejection } from '../platform/problem.ts';
import { isRejection, reject } from '../platform/problem.ts';
import type { CommonParts } from '../platform/service.ts';

const BATCH = 500;

export function deskRoutes(desk: Desk, { db, inbox, clock }: CommonParts): Route[] {
  const deedOf = (caller: Caller, why: string): Deed => {
    if (caller.role === 'guest') throw new Error('a guest is at the desk');
    return { actor: { id: caller.id, email: caller.email }, why, at: clock.now() };
  };

  /** Once more, as it is or changed. */
  function againOf(letter: DeadLetter, change: Change, availableAt: Date): Retry | Rejection<Refusal> {
    const { id } = letter;
    // A broker gave up a whole batch, and there is nothing wrong with it.
    const inside = change.data === undefined && change.type === undefined ? eventsIn(letter) : undefined;
    if (inside) return { id, inside, availableAt, marks: 0 };
    const edit = become(letter, change);
    if (isRejection(edit)) return edit;
    return { id, availableAt, marks: isDangerous(letter) ? LAST_CHANCE : 0, ...(edit && { edit }) };
  }

  async function retry(letter: DeadLetter, change: Change, deed: Deed): Promise<Rejection<Refusal> | boolean> {
    const again = againOf(letter, change, deed.at);
    if (isRejection(again)) return again;
    return (await db.transaction((tx) => retryDead(tx, [again], deed))).length > 0;
  }

  /** What an edit makes of it; undefined when it stays as it is. Refused while no handler could take it. */
  function become(letter: DeadLetter, change: Change): Edit | undefined | Rejection<Refusal> {
    const type = change.type ?? letter.type;
    const known = parsed(letter.data);
    const data = change.data === undefined ? known : change.data;
    const faults = faultsOf(type, data);
    if (faults.length > 0) return reject(StillFaulty, { errors: faults });
    if (type === letter.type && isDeepStrictEqual(data, known)) return undefined;
    const contract = inbox.contracts.get(type);
    const subject = String((data as Record<string, unknown>)[contract?.subject ?? ''] ?? letter.subject);
    return { type, source: contract?.publisher ?? letter.source, subject, data: JSON.stringify(data) };
  }

  function faultsOf(type: string, data: unknown): Fault[] {
    if (!inbox.contracts.has(type)) return [{ pointer: '/type', detail: 'must be an event that this service handles' }];
    if (data === undefined) return [{ pointer: '/data', detail: 'is no JSON: write the payload' }];
    if (isTooDeep(data)) return [{ pointer: '/data', detail: 'must not be nested that deep' }];
    const text = JSON.stringify(data);
    if (Buffer.byteLength(text) > MAX_EVENT_BYTES) return [{ pointer: '/data', detail: 'must be at most 64 KiB' }];
    if (/(?<!\\)(\\\\)*\\u0000/.test(text)) return [{ pointer: '/data', detail: 'must be text that can be stored' }];
    const flaw = flawOf(inbox.contracts, type, data);
    return (flaw?.faults ?? []).map((fault) => ({ ...fault, pointer: `/data${fault.pointer}` }));
  }

  async function retryGroup(group: string, perSecond: number, deed: Deed) {
    let [scheduled, skipped, after] = [0, 0, undefined as string | undefined];
    let [until, next] = [deed.at, deed.at.getTime()];
    for (let seen = 0; seen < GROUP_LIMIT; seen += BATCH) {
      const letters = await deadOfGroup(db, group, after, BATCH);
      const retries: Retry[] = [];
      for (const letter of letters) {
        const again = againOf(letter, {}, new Date(next));
        if (isRejection(again)) continue;
        retries.push(again);
        // What is in a batch goes together, and those behind it wait for all of that.
        next += ((again.inside?.length ?? 1) * 1000) / perSecond;
      }
      scheduled += (await db.transaction((tx) => retryDead(tx, retries, deed))).length;
      skipped += letters.length - retries.length;
      until = retries.at(-1)?.availableAt ?? until;
      after = letters.at(-1)?.id;
      if (letters.length < BATCH) break;
    }
    inbox.look();
    return { scheduled, skipped, until: until.toISOString() };
  }

  async function discardGroup(group: string, deed: Deed): Promise<number> {
    let discarded = 0;
    for (let seen = 0; seen < GROUP_LIMIT; seen += BATCH) {
      const letters = await deadOfGroup(db, group, undefined, BATCH);
      const ids = letters.map(({ id }) => id);
      discarded += (await db.transaction((tx) => discardDead(tx, ids, deed))).length;
      if (letters.length < BATCH) break;
    }
    return discarded;
  }

  async function detail(letter: DeadLetter) {
    const contract = inbox.contracts.get(letter.type);
    const data = parsed(letter.data);
    return {
      ...letter,
      contract: contract
        ? { summary: contract.summary, publisher: contract.publisher, schema: contract.data as unknown }
        : null,
      faults: contract ? (flawOf(inbox.contracts, letter.type, data)?.faults ?? []) : [],
      dangerous: isDangerous(letter),
      types: [...inbox.types].sort(),
      actions: await actionsOf(db, letter.id),
    };
  }

  /** Acts on a message that is still dead, and answers with what it is then. */
  async function deal<Code extends string>(
    id: string,
    act: (letter: DeadLetter) => Promise<Rejection<Code> | boolean>,
  ) {
    const letter = await getDead(db, id);
    if (!letter) return reject(NotFound);
    const done = letter.status === 'dead' && (await act(letter));
    if (isRejection(done)) return done;
    if (!done) return reject(AlreadyDealtWith);
    return { body: (await getDead(db, id)) as DeadLetter };
  }

  return [
    route(desk.list, async ({ query: { limit = 50, cursor, ...filter } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      return { body: cutPage(await listDead(db, filter, { before, limit }), limit, ({ id }) => [id]) };
    }),
    route(desk.causes, async () => ({ body: await readCauses(db) })),
    route(desk.get, async ({ params }) => {
      const letter = await getDead(db, params.id);
      return letter ? { body: await detail(letter) } : reject(NotFound);
    }),
    route(desk.rehearse, async ({ params, body }) => {
      const letter = await getDead(db, params.id);
      if (!letter) return reject(NotFound);
      // Nobody knows whether a change touches the cause.
      if (isDangerous(letter)) return reject(EndsTheProcess, { detail: 'a dry run might end it again' });
      const changed = become(letter, body);
      if (isRejection(changed)) return changed;
      return { body: await inbox.rehearse({ ...letter, ...changed }) };
    }),
    route(desk.retry, async ({ params, body: { why, ...change }, caller }) => {
      const reply = await deal(params.id, (letter) => retry(letter, change, deedOf(caller, why)));
      inbox.look();
      return reply;
    }),
    route(desk.discard, ({ params, body, caller }) =>
      deal<never>(params.id, async ({ id }) => {
        const gone = await db.transaction((tx) => discardDead(tx, [id], deedOf(caller, body.why)));
        return gone.length > 0;
      }),
    ),
    route(desk.retryGroup, async ({ body: { group, why, per_second = RATE.usual }, caller }) => ({
      body: await retryGroup(group, per_second, deedOf(caller, why)),
    })),
    route(desk.discardGroup, async ({ body: { group, why }, caller }) => ({
      body: { discarded: await discardGroup(group, deedOf(caller, why)) },
    })),
  ];
}

interface Change {
  type?: string;
  data?: unknown;
}
type Refusal = 'still-faulty';

/**
 * What has ended a process before is handled alone, changed or not, and is believed to have done it when that one dies
 * too; it is never rehearsed.
 */
const isDangerous = ({ cause }: DeadLetter) => cause === DIED;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function eventsIn({ type, data }: DeadLetter): StoredEvent[] | undefined {
  if (type !== UNDECODABLE) return undefined;
  try {
    return decodeBatch(data);
  } catch {
    return undefined;
  }
}
