/**
 * A message is a CloudEvent 1.0. Inside it is a row (of an outbox or an inbox) whose data is JSON text, carried as it
 * is from the one to the other and parsed once, by the handler.
 */

import { isId, newId } from './clock.ts';
import type { DataOf, EventContract } from './contract.ts';
import type { Fault } from './problem.ts';
import type { Check } from './validate.ts';
import { compile } from './validate.ts';

/** A row of an outbox or an inbox. */
export interface StoredEvent {
  /** UUIDv7; the same on every redelivery. */
  id: string;
  type: string;
  /** Publishing service. */
  source: string;
  /** The entity's id. */
  subject: string;
  /** ISO 8601. */
  time: string;
  /** W3C trace context of what started it all. */
  traceparent: string | null;
  /** JSON text. */
  data: string;
}

/** What a new message follows from: it inherits the trace. */
export interface Cause {
  readonly traceparent: string | null;
}

/** A message as a handler sees it. */
export interface Message<E extends EventContract = EventContract> extends Cause {
  readonly id: string;
  readonly type: E['name'];
  readonly subject: string;
  readonly time: string;
  readonly data: DataOf<E>;
}

/** Lists and objects within each other; what comes of ours has five. Recursion over what has thousands ends in an error. */
const MAX_DEPTH = 100;

/** Whether data is nested deeper than a message may be. */
export const isTooDeep = (data: unknown, left = MAX_DEPTH): boolean =>
  typeof data === 'object' &&
  data !== null &&
  (left === 0 || Object.values(data).some((one) => isTooDeep(one, left - 1)));

/** Data larger than this would not survive every intermediary (CloudEvents 1.0, "Size Limits"). */
export const MAX_EVENT_BYTES = 64 * 1024;

const checks = new WeakMap<EventContract, Check>();

/** Faults of data against its contract. */
export function checkData(event: EventContract, data: unknown): Fault[] | undefined {
  let check = checks.get(event);
  if (!check) {
    check = compile(event.data);
    checks.set(event, check);
  }
  return check(data);
}

/** Why an event can never be handled here. */
export interface Flaw {
  cause: string;
  faults: Fault[];
}

/** What is wrong with an event before any handler has seen it. */
export function flawOf(contracts: ReadonlyMap<string, EventContract>, type: string, data: unknown): Flaw | undefined {
  const contract = contracts.get(type);
  if (!contract) return { cause: `nobody here handles ${type}`, faults: [] };
  const faults = checkData(contract, data);
  if (!faults) return undefined;
  const said = faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
  return { cause: `breaks its contract: ${said.join(', ')}`, faults };
}

/** Makes the outbox row of an event. Throws on a foreign publish or data that breaks the contract: both are bugs. */
export function storedEvent<E extends EventContract>(
  service: string,
  event: E,
  data: DataOf<E>,
  now: Date,
  cause?: Cause,
): StoredEvent {
  if (event.publisher !== service) {
    throw new Error(`${service} may not publish ${event.name}: it belongs to ${event.publisher}`);
  }
  const faults = checkData(event, data);
  if (faults) throw new Error(`${event.name} breaks its contract: ${JSON.stringify(faults)}`);
  const text = JSON.stringify(data);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_EVENT_BYTES) throw new Error(`${event.name} has ${bytes} bytes, more than 64 KiB`);
  return {
    id: newId(),
    type: event.name,
    source: service,
    subject: String((data as Record<string, unknown>)[event.subject]),
    time: now.toISOString(),
    traceparent: cause?.traceparent ?? null,
    data: text,
  };
}

interface CloudEvent {
  specversion: string;
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: string;
  dataschema: string;
  traceparent?: unknown;
  data: unknown;
}

/** The CloudEvents JSON Batch Format (application/cloudevents-batch+json), data spliced in without parsing it. */
export function encodeBatch(events: readonly StoredEvent[]): Buffer {
  const parts = events.map((event) => {
    const envelope = JSON.stringify({
      specversion: '1.0',
      id: event.id,
      source: `/tradewind/${event.source}`,
      type: event.type,
      subject: event.subject,
      time: event.time,
      datacontenttype: 'application/json',
      dataschema: `urn:tradewind:event:${event.type}`,
      ...(event.traceparent && { traceparent: event.traceparent }),
    });
    return `${envelope.slice(0, -1)},"data":${event.data}}`;
  });
  return Buffer.from(`[${parts.join(',')}]`);
}

const TRACE = /^[0-9a-f-]{55}$/;
/** Milliseconds at the end of the year 9999: later times have no ISO form that PostgreSQL reads. */
const END_OF_TIME = 253_402_300_800_000;

/**
 * Reads a batch; throws when it is not one: such a message is parked, never dropped. What comes out can be stored: one
 * message that PostgreSQL does not take would hold back, for ever, all that arrive with it.
 */
export function decodeBatch(body: Buffer | string): StoredEvent[] {
  const events = parse(body.toString()) as CloudEvent[];
  if (!Array.isArray(events)) throw new Error('not a CloudEvents batch');
  return events.map((event) => {
    if (typeof event !== 'object' || event === null) throw new Error('not a CloudEvent 1.0 of this shop');
    const { traceparent } = event;
    const text = [event.id, event.source, event.type, event.subject, event.time];
    if (event.specversion !== '1.0' || event.data === undefined || !text.every(isStorable)) {
      throw new Error('not a CloudEvent 1.0 of this shop');
    }
    const time = /^\d{4}-\d\d-\d\dT/.test(event.time) ? Date.parse(event.time) : Number.NaN;
    if (!isId(event.id) || !(time >= 0 && time < END_OF_TIME)) {
      throw new Error('a CloudEvent of this shop has a UUID and a time');
    }
    if (isTooDeep(event.data)) throw new Error(`data nested deeper than ${MAX_DEPTH}`);
    const data = JSON.stringify(event.data);
    if (Buffer.byteLength(data) > MAX_EVENT_BYTES)
      throw new Error('a CloudEvent of this shop has at most 64 KiB of data');
    return {
      // As PostgreSQL says it, or it would not be known again.
      id: event.id.toLowerCase(),
      type: event.type,
      source: event.source.replace(/^\/tradewind\//, ''),
      subject: event.subject,
      time: new Date(time).toISOString(),
      // A trace context that is none is ignored, as W3C asks.
      traceparent: typeof traceparent === 'string' && TRACE.test(traceparent) ? traceparent : null,
      data,
    };
  });
}

/** What the parser says quotes the body; as the cause of many it must be one. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error('not JSON', { cause: error });
  }
}

/** Longer than any of ours; what is written of a message, in logs and causes, stays readable. */
const MAX_TEXT = 1_000;

const isStorable = (value: unknown) => typeof value === 'string' && value.length <= MAX_TEXT && !value.includes('\0');

/** Characters of what is no message. */
const MAX_PARKED = 1024 * 1024;

/** A whole batch that was given up may be large, and nothing of it is to be lost. */
export function keepable(body: string): string {
  if (body.length <= MAX_PARKED) return body;
  try {
    decodeBatch(body);
    return body;
  } catch {
    return body.slice(0, MAX_PARKED);
  }
}
