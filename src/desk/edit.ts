/**
 * What a dead message goes on as: as it is, as what is inside of it, or changed. An edit mends a message, it does not
 * make another one of it: what says what it is (a type that is known here) and whom it is about (its subject) stays.
 */
import { isDeepStrictEqual } from 'node:util';
import { StillFaulty } from '../contracts/problems.ts';
import type { EventContract } from '../platform/contract.ts';
import type { Edit, Retry } from '../platform/dead-letter-deeds.ts';
import type { DeadLetter } from '../platform/dead-letters.ts';
import { UNDECODABLE } from '../platform/dead-letters.ts';
import type { Inbox } from '../platform/inbox.ts';
import { DIED, LAST_CHANCE } from '../platform/marks.ts';
import { decodeBatch, flawOf, isTooDeep, MAX_EVENT_BYTES, type StoredEvent } from '../platform/message.ts';
import type { Fault, Rejection } from '../platform/problem.ts';
import { isRejection, reject } from '../platform/problem.ts';
import { faultsOfMask, parsed, unmask } from './secrets.ts';

type Contracts = Inbox['contracts'];
export type Refusal = 'still-faulty';

export interface Change {
  type?: string;
  data?: unknown;
}

/**
 * What has ended a process before is handled alone, changed or not, and is believed to have done it when that one dies
 * too; it is never rehearsed.
 */
export const isDangerous = ({ cause }: Pick<DeadLetter, 'cause'>) => cause === DIED;

/** How it goes on, once more. */
export function againOf(
  contracts: Contracts,
  letter: DeadLetter,
  change: Change,
  availableAt: Date,
): Retry | Rejection<Refusal> {
  const { id } = letter;
  // A broker gave up a whole batch, and there is nothing wrong with it.
  const inside = change.data === undefined && change.type === undefined ? eventsIn(letter) : undefined;
  if (inside) return { id, inside, availableAt, marks: 0 };
  const edit = become(contracts, letter, change);
  if (isRejection(edit)) return edit;
  return { id, availableAt, marks: isDangerous(letter) ? LAST_CHANCE : 0, ...(edit && { edit }) };
}

/** What an edit makes of it; undefined when it stays as it is. Refused while no handler could take it. */
export function become(
  contracts: Contracts,
  letter: DeadLetter,
  change: Change,
): Edit | undefined | Rejection<Refusal> {
  const type = change.type ?? letter.type;
  const known = parsed(letter.data);
  const contract = contracts.get(type);
  if (type !== letter.type && contracts.has(letter.type)) {
    return refused({ pointer: '/type', detail: `must stay ${letter.type}: this service knows what it is` });
  }
  if (!contract) return refused({ pointer: '/type', detail: 'must be an event that this service handles' });
  const data = change.data === undefined ? known : unmask(contract, change.data, known);
  const faults = faultsOf(contracts, contract, data);
  if (change.data !== undefined && !isTooDeep(data)) faults.push(...faultsOfMask(contract, change.data, known));
  if (faults.length > 0) return refused(...faults);
  if (type === letter.type && isDeepStrictEqual(data, known)) return undefined;
  const { subject: named, publisher } = contract;
  const about = String((data as Record<string, unknown>)[named]);
  if (letter.subject && letter.subject !== about) {
    return refused({ pointer: `/data/${named}`, detail: `must be ${letter.subject}, which the message is about` });
  }
  return { type, source: publisher, subject: about, data: JSON.stringify(data) };
}

const refused = (...errors: Fault[]) => reject(StillFaulty, { errors });

function faultsOf(contracts: Contracts, contract: EventContract, data: unknown): Fault[] {
  if (data === undefined) return [{ pointer: '/data', detail: 'is no JSON: write the payload' }];
  if (isTooDeep(data)) return [{ pointer: '/data', detail: 'must not be nested that deep' }];
  const text = JSON.stringify(data);
  if (Buffer.byteLength(text) > MAX_EVENT_BYTES) return [{ pointer: '/data', detail: 'must be at most 64 KiB' }];
  if (/(?<!\\)(\\\\)*\\u0000/.test(text)) return [{ pointer: '/data', detail: 'must be text that can be stored' }];
  const flaw = flawOf(contracts, contract.name, data);
  return (flaw?.faults ?? []).map((fault) => ({ ...fault, pointer: `/data${fault.pointer}` }));
}

/** What is in a whole batch that a broker gave up. */
export function eventsIn({ type, data }: Pick<DeadLetter, 'type' | 'data'>): StoredEvent[] | undefined {
  if (type !== UNDECODABLE) return undefined;
  try {
    return decodeBatch(data);
  } catch {
    return undefined;
  }
}
