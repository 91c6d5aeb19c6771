/** What the desk does to many messages: those of one type and one cause once more or aside, and a stop of all retries. */
import { GROUP_LIMIT } from '../contracts/dead-letters.ts';
import type { Deed, Retry } from '../platform/dead-letter-deeds.ts';
import { discardDead, lastDue, retryDead, stopRetries } from '../platform/dead-letter-deeds.ts';
import { deadIdsOfGroup, deadOfGroup } from '../platform/dead-letters.ts';
import { isRejection } from '../platform/problem.ts';
import type { CommonParts } from '../platform/service.ts';
import { againOf } from './edit.ts';

const BATCH = 500;
type Parts = Pick<CommonParts, 'db' | 'inbox'>;

/** Oldest first, at the rate, behind all that is on its way again. */
export async function retryGroup({ db, inbox }: Parts, group: string, perSecond: number, deed: Deed) {
  let [scheduled, messages, skipped, seen] = [0, 0, 0, 0];
  let after: string | undefined;
  let until = deed.at;
  const last = await lastDue(db);
  let next = Math.max(deed.at.getTime(), last ? last.getTime() + 1000 / perSecond : 0);
  while (seen < GROUP_LIMIT) {
    const letters = await deadOfGroup(db, group, after, BATCH);
    if (letters.length === 0) break;
    const retries: Retry[] = [];
    for (const letter of letters) {
      const again = againOf(inbox.contracts, letter, {}, new Date(next));
      if (isRejection(again)) continue;
      retries.push(again);
      // What is in a batch goes together, and those behind it wait for all of that.
      next += (sizeOf(again) * 1000) / perSecond;
    }
    const sent = new Set(await db.transaction((tx) => retryDead(tx, retries, deed)));
    const gone = retries.filter(({ id }) => sent.has(id));
    scheduled += gone.length;
    messages += gone.reduce((sum, one) => sum + sizeOf(one), 0);
    skipped += letters.length - retries.length;
    until = retries.at(-1)?.availableAt ?? until;
    after = letters.at(-1)?.id;
    seen += letters.length;
  }
  inbox.look();
  return { scheduled, messages, skipped, until: until.toISOString() };
}

const sizeOf = ({ inside }: Retry) => inside?.length ?? 1;

export async function discardGroup({ db }: Parts, group: string, deed: Deed): Promise<number> {
  let discarded = 0;
  for (let seen = 0; seen < GROUP_LIMIT; seen += BATCH) {
    const ids = (await deadIdsOfGroup(db, group, BATCH)).map(({ id }) => id);
    discarded += (await db.transaction((tx) => discardDead(tx, ids, deed))).length;
    if (ids.length < BATCH) break;
  }
  return discarded;
}

export async function stopAll({ db }: Parts, deed: Deed): Promise<number> {
  for (let all = 0; ; ) {
    const { stopped, more } = await db.transaction((tx) => stopRetries(tx, deed));
    all += stopped;
    if (!more) return all;
  }
}
