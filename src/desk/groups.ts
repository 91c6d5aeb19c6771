/** What the desk does to all messages of one type and one cause: once more at a rate, or put aside. */
import { GROUP_LIMIT } from '../contracts/dead-letters.ts';
import type { Deed, Retry } from '../platform/dead-letters.ts';
import { deadOfGroup, discardDead, retryDead } from '../platform/dead-letters.ts';
import { isRejection } from '../platform/problem.ts';
import type { CommonParts } from '../platform/service.ts';
import { againOf } from './edit.ts';

const BATCH = 500;
type Parts = Pick<CommonParts, 'db' | 'inbox'>;

export async function retryGroup({ db, inbox }: Parts, group: string, perSecond: number, deed: Deed) {
  let [scheduled, skipped, after] = [0, 0, undefined as string | undefined];
  let [until, next] = [deed.at, deed.at.getTime()];
  for (let seen = 0; seen < GROUP_LIMIT; seen += BATCH) {
    const letters = await deadOfGroup(db, group, after, BATCH);
    const retries: Retry[] = [];
    for (const letter of letters) {
      const again = againOf(inbox.contracts, letter, {}, new Date(next));
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

export async function discardGroup({ db }: Parts, group: string, deed: Deed): Promise<number> {
  let discarded = 0;
  for (let seen = 0; seen < GROUP_LIMIT; seen += BATCH) {
    const letters = await deadOfGroup(db, group, undefined, BATCH);
    const ids = letters.map(({ id }) => id);
    discarded += (await db.transaction((tx) => discardDead(tx, ids, deed))).length;
    if (letters.length < BATCH) break;
  }
  return discarded;
}
