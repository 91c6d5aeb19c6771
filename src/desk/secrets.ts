/** What no one at the desk may read: the secrets that an event's contract declares. They are shown as a mask. */
import type { EventContract } from '../platform/contract.ts';
import type { Inbox } from '../platform/inbox.ts';

type Contracts = Inbox['contracts'];
type Data = Record<string, unknown>;

export const MASK = '••••••••';
/** Shorter ones are in any text. */
const TELLING = 8;

const isObject = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Those of the event; of what is none of ours, all that this room may hear. */
const namesFor = (contracts: Contracts, type: string) =>
  contracts.get(type)?.secrets ?? [...contracts.values()].flatMap(({ secrets }) => secrets);

/** JSON, or what was meant to be: every secret in it masked. */
export function mask(contracts: Contracts, type: string, text: string): string {
  const names = namesFor(contracts, type);
  if (names.length === 0) return text;
  const written = new RegExp(
    `("(?:${names.join('|')})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|(?!null\\b)[^\\s",}\\]]+)`,
    'g',
  );
  return text.replace(written, `$1"${MASK}"`);
}

/** The same value without the secrets of some events, wherever their handlers would write them. */
export function hide<T>(contracts: Contracts, events: readonly { type: string; data: unknown }[], value: T): T {
  const secrets = events.flatMap(({ type, data }) =>
    isObject(data) ? namesFor(contracts, type).map((name) => data[name]) : [],
  );
  const telling = secrets.filter((one): one is string => typeof one === 'string' && one.length >= TELLING);
  if (telling.length === 0) return value;
  const inText = (one: string) => JSON.stringify(one).slice(1, -1);
  return JSON.parse(telling.reduce((text, one) => text.replaceAll(inText(one), MASK), JSON.stringify(value)));
}

/** What was edited under the mask: a secret that nobody has touched is the one that is stored. */
export function unmask({ secrets }: EventContract, data: unknown, stored: unknown): unknown {
  if (!isObject(data) || !isObject(stored)) return data;
  const kept = secrets.filter((name) => data[name] === MASK && name in stored);
  return { ...data, ...Object.fromEntries(kept.map((name) => [name, stored[name]])) };
}

/** A secret that would be the mask itself. */
export const masked = ({ secrets }: EventContract, data: unknown): string | undefined =>
  isObject(data) ? secrets.find((name) => data[name] === MASK) : undefined;
