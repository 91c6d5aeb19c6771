/**
 * What no one at the desk may read: the secrets that an event's contract declares. They are shown as a mask, at any depth
 * and whatever they are. Who edits a message without knowing its secret may not choose who is told it either.
 */
import { isDeepStrictEqual } from 'node:util';
import { EVENTS } from '../contracts/registry.ts';
import type { EventContract } from '../platform/contract.ts';
import type { Inbox } from '../platform/inbox.ts';
import { MASK, maskIn } from '../platform/mask.ts';
import { isTooDeep } from '../platform/message.ts';
import type { Fault } from '../platform/problem.ts';

type Contracts = Inbox['contracts'];
type Data = Record<string, unknown>;

/** Shorter ones are in any text. */
const TELLING = 8;

/** JSON; undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of every event of the shop. */
const ALL = EVENTS.flatMap(({ secrets }) => secrets);
/** Those of the event; of what this room does not handle, all. */
const namesFor = (contracts: Contracts, type: string) => contracts.get(type)?.secrets ?? ALL;

/** JSON, or what was meant to be: every secret in it masked. What has none stays as it is written. */
export function mask(contracts: Contracts, type: string, text: string): string {
  const names = namesFor(contracts, type);
  // A name can be written with escapes.
  if (!names.some((name) => text.includes(name)) && !(names.length > 0 && text.includes('\\u'))) return text;
  const value = parsed(text);
  return value === undefined || isTooDeep(value) ? maskText(names, text) : JSON.stringify(maskIn(names, value));
}

/** What cannot be read as JSON has no inside; a secret in it that is no plain value is masked to the end. */
function maskText(names: readonly string[], text: string): string {
  const written = new RegExp(
    `("(?:${names.join('|')})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|[[{][^]*|(?!null\\b)[^\\s",}\\]]+)`,
    'g',
  );
  return text.replace(written, `$1"${MASK}"`);
}

/** The same value without the secrets of some events, wherever their handlers would write them. */
export function hide<T>(contracts: Contracts, events: readonly { type: string; data: unknown }[], value: T): T {
  const secrets = events.flatMap(({ type, data }) => secretsIn(namesFor(contracts, type), data));
  // The longest first: one may be a part of another.
  const telling = [...new Set(secrets)].filter((one) => one.length >= TELLING).sort((a, b) => b.length - a.length);
  if (telling.length === 0) return value;
  // In a row as it is, in a payload as JSON.
  const hidden = (text: string) =>
    telling.reduce((rest, one) => rest.replaceAll(one, MASK).replaceAll(JSON.stringify(one).slice(1, -1), MASK), text);
  // As it will be sent, without dates and the like.
  return hideIn(hidden, JSON.parse(JSON.stringify(value))) as T;
}

/** What a dry run tells: rows and events may hold secrets that were here before. */
export const hideRun = <T>(contracts: Contracts, events: readonly { type: string; data: unknown }[], told: T): T =>
  hide(contracts, [...events, { type: '', data: told }], maskIn(ALL, JSON.parse(JSON.stringify(told))) as T);

function hideIn(hidden: (text: string) => string, value: unknown): unknown {
  if (typeof value === 'string') return hidden(value);
  if (Array.isArray(value)) return value.map((one) => hideIn(hidden, one));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [hidden(name), hideIn(hidden, one)]));
}

/** Every text and number that is somewhere below the name of a secret; without recursion, as deep as it may be. */
function secretsIn(names: readonly string[], data: unknown): string[] {
  const found: string[] = [];
  const left: { value: unknown; secret: boolean }[] = [{ value: data, secret: false }];
  for (let at = left.pop(); at; at = left.pop()) {
    const { value, secret } = at;
    if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) {
        left.push({ value: one, secret: secret || (!Array.isArray(value) && names.includes(name)) });
      }
    } else if (secret && (typeof value === 'string' || typeof value === 'number')) found.push(String(value));
  }
  return found;
}

// ── an edit under the mask ──

const keptOf = ({ secrets }: EventContract, data: Data, stored: Data) =>
  secrets.filter((name) => data[name] === MASK && name in stored);

/** A secret that nobody has touched is the one that is stored. */
export function unmask(contract: EventContract, data: unknown, stored: unknown): unknown {
  if (!isObject(data) || !isObject(stored)) return data;
  const kept = keptOf(contract, data, stored).map((name) => [name, stored[name]]);
  return { ...data, ...Object.fromEntries(kept) };
}

/** What an edit may not do without knowing the secret: send it to somebody else, or save the mask for what it stands for. */
export function faultsOfMask(contract: EventContract, data: unknown, stored: unknown): Fault[] {
  const astray =
    isObject(data) && isObject(stored) && keptOf(contract, data, stored).length > 0
      ? contract.addressees.filter((name) => !isDeepStrictEqual(data[name], stored[name]))
      : [];
  const detail = `must stay: the ${contract.secrets.join(' and ')} that is kept would go to somebody else`;
  return [...astray.map((name) => ({ pointer: `/data/${name}`, detail })), ...dots(unmask(contract, data, stored))];
}

function dots(data: unknown, pointer = '/data'): Fault[] {
  if (typeof data === 'string') {
    return data.includes(MASK) ? [{ pointer, detail: 'must be written: what it was cannot be told' }] : [];
  }
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, one]) => [...dots(name, pointer), ...dots(one, `${pointer}/${name}`)]);
}
