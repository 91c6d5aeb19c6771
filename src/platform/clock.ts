/** Time, chance and ids come from here, so that rules stay pure and the simulator can own all three. */
import { randomFillSync } from 'node:crypto';

export interface Clock {
  now(): Date;
  sleep(ms: number): Promise<void>;
  /** Ends after so many milliseconds, unless it is stopped before. */
  timeout(ms: number): Timeout;
}

/** To be stopped by whom it was for: left alone, it and all that listens to it stay until its time. */
export interface Timeout {
  readonly signal: AbortSignal;
  stop(): void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  timeout(ms) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timedOut()), ms).unref();
    return { signal: controller.signal, stop: () => clearTimeout(timer) };
  },
};

/** Why a signal of ours has ended. */
export const timedOut = () => new DOMException('timed out', 'TimeoutError');

/** What ids and back-offs are made of. */
export interface Chance {
  /** Milliseconds since 1970. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  fill(bytes: Uint8Array): void;
}

const realChance: Chance = { now: Date.now, random: Math.random, fill: randomFillSync };
let chance = realChance;

/** Replaces chance in this process, or puts it back: for the simulator, whose runs can be repeated. */
export function ownChance(own: Chance = realChance): void {
  chance = own;
  used = random.length;
  lastMs = 0;
  sequence = 0;
}

export const random01 = () => chance.random();

/** Asked for in one go: to ask for a few bytes costs as much as to ask for thousands. */
const random = Buffer.alloc(8192);
let used = random.length;

/** Where the next so many bytes are. */
function take(count: number): number {
  if (used + count > random.length) {
    chance.fill(random);
    used = 0;
  }
  used += count;
  return used - count;
}

/** Bytes that nobody can guess, some dozens as a rule. */
export function randomBytes(count: number): Buffer {
  if (count > random.length) throw new RangeError(`${count} bytes of chance, and at most ${random.length} at once`);
  const at = take(count);
  const bytes = Buffer.from(random.subarray(at, at + count));
  // What has been given away is not kept.
  random.fill(0, at, at + count);
  return bytes;
}

let lastMs = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562, method 1: 12-bit counter after the millisecond): ids made by one process sort in the order they
 * were made, so indexes grow at one end and messages keep their order.
 */
export function newId(now: number = chance.now()): string {
  if (now > lastMs) {
    lastMs = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const at = take(8);
  random[at] = ((random[at] as number) & 0x3f) | 0x80;
  const tail = random.toString('hex', at, at + 8);
  const head = `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}`;
  return `${head}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is an id that PostgreSQL reads. */
export const isId = (text: string) => ID.test(text);

/** The smallest UUIDv7 of a moment: `id < idAt(then)` selects what is older. Nothing is older than 1970. */
export function idAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
