/**
 * Whether an event still is what was released under its name. Services are never all changed at the same moment, and
 * messages wait in outboxes, queues, inboxes and at the desk. So both must hold: what is sent today can be read by those
 * who know the released contract, and what was sent then can be read today. A payload that breaks the contract of its
 * reader is a dead letter; so whatever widens or narrows what there was is a break. What is left: new events, and new
 * properties of objects that are open, which the old ignore and the new do not rely on.
 */

/** A JSON Schema, or a part of one. */
export type Schema = { readonly [keyword: string]: unknown };

/** An event, as it is kept with a release. */
export interface ReleasedEvent {
  readonly publisher: string;
  /** The property that is the envelope's subject. */
  readonly subject: string;
  readonly secrets: readonly string[];
  readonly personal: readonly string[];
  readonly data: Schema;
}
export type ReleasedEvents = Readonly<Record<string, ReleasedEvent>>;

export interface Break {
  event: string;
  /** Where in the event as it was released (RFC 6901); '' for all of it. */
  pointer: string;
  /** What broke, and whom. */
  what: string;
}

/** What today's events break of those that were released. None: everybody can be changed one after the other. */
export function breaksOf(released: ReleasedEvents, today: ReleasedEvents): Break[] {
  return Object.entries(released).flatMap(([event, was]) => {
    const is = today[event];
    if (!is) return [{ event, pointer: '', what: 'is gone: whoever listens waits for ever' }];
    return [...ofEvent(was, is), ...ofSchema(was.data, is.data, '/data')].map((one) => ({ event, ...one }));
  });
}

type Found = Omit<Break, 'event'>;

function ofEvent(was: ReleasedEvent, is: ReleasedEvent): Found[] {
  const found: Found[] = [];
  for (const [key, why] of [
    ['publisher', 'listeners know it by its source'],
    ['subject', 'what waits is found by it'],
  ] as const) {
    if (was[key] !== is[key]) found.push({ pointer: `/${key}`, what: `was ${was[key]} and is ${is[key]}: ${why}` });
  }
  for (const key of ['secrets', 'personal'] as const) {
    for (const [i, name] of was[key].entries()) {
      if (is[key].includes(name)) continue;
      found.push({ pointer: `/${key}/${i}`, what: `${name} is no longer masked: what was hidden would be shown` });
    }
  }
  return found;
}

/** Words about a value, which change nothing about it. */
const WORDS = ['title', 'description', 'examples', 'default', 'deprecated', '$comment'];
/** Keywords with schemas in them, compared by themselves. */
const INSIDE = [
  'properties',
  'required',
  'additionalProperties',
  'patternProperties',
  'items',
  'anyOf',
  'enum',
  'const',
];

function ofSchema(was: Schema, is: Schema, at: string): Found[] {
  return [
    ...ofType(was, is, at),
    ...ofWords(was, is, at),
    ...ofLimits(was, is, at),
    ...ofProperties(was, is, at),
    ...ofPart('items', was, is, at),
    ...ofPatterns(was, is, at),
    ...ofBranches(was, is, at),
  ];
}

const say = (value: unknown) => JSON.stringify(value);
const same = (a: unknown, b: unknown) => say(sorted(a)) === say(sorted(b));

/** The order in which keys are written means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !WORDS.includes(key));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

function ofType(was: Schema, is: Schema, at: string): Found[] {
  // Those are compared by what they list.
  if (same(was.type, is.type) || [was, is].some((one) => one.anyOf || valuesOf(one))) return [];
  return [{ pointer: `${at}/type`, what: `was ${kind(was)} and is ${kind(is)}: neither side reads the other` }];
}

const kind = ({ type }: Schema) => (type === undefined ? 'anything' : `of type ${type}`);

/** Values that are listed one by one. */
function ofWords(was: Schema, is: Schema, at: string): Found[] {
  const [before, now] = [valuesOf(was), valuesOf(is)];
  const pointer = `${at}/${'const' in was ? 'const' : 'enum'}`;
  if (!before && !now) return [];
  if (!before)
    return [{ pointer, what: `may only be ${now?.map(say).join(', ')} now: other values that wait are dead` }];
  if (!now) return [{ pointer, what: `may be anything now: listeners know ${before.map(say).join(', ')}` }];
  const gone = before.filter((one) => !now.some((other) => same(one, other)));
  const fresh = now.filter((one) => !before.some((other) => same(one, other)));
  return [
    ...gone.map((one) => ({ pointer, what: `no longer has ${say(one)}: messages with it that wait are dead` })),
    ...fresh.map((one) => ({ pointer, what: `has ${say(one)} now: listeners of the release refuse it` })),
  ];
}

const valuesOf = (schema: Schema): unknown[] | undefined =>
  'const' in schema ? [schema.const] : (schema.enum as unknown[] | undefined);

/** Which way a limit lets more through: 1 the larger it is, -1 the smaller. Others cannot be compared. */
const LIMITS: Readonly<Record<string, 1 | -1>> = {
  ...{ minimum: -1, exclusiveMinimum: -1, minLength: -1, minItems: -1, minProperties: -1 },
  ...{ maximum: 1, exclusiveMaximum: 1, maxLength: 1, maxItems: 1, maxProperties: 1 },
};

function ofLimits(was: Schema, is: Schema, at: string): Found[] {
  const keywords = new Set([...Object.keys(was), ...Object.keys(is)]);
  const compared = [...keywords].filter((key) => key !== 'type' && !INSIDE.includes(key) && !WORDS.includes(key));
  return compared.flatMap((key) => {
    const [before, now] = [was[key], is[key]];
    if (same(before, now)) return [];
    const change = `${key} ${before === undefined ? 'was not there' : `was ${say(before)}`} and is ${now === undefined ? 'gone' : say(now)}`;
    return [{ pointer: `${at}/${key}`, what: `${change}: ${whomItBreaks(LIMITS[key], before, now)}` }];
  });
}

const REFUSED = 'listeners of the release refuse what is sent now';
const DEAD = 'what was sent before and waits is dead';

function whomItBreaks(direction: 1 | -1 | undefined, before: unknown, now: unknown): string {
  if (before === undefined) return DEAD;
  if (now === undefined) return REFUSED;
  if (direction === undefined) return 'what one side sends the other may refuse';
  return (Number(now) - Number(before)) * direction > 0 ? REFUSED : DEAD;
}

type Properties = Readonly<Record<string, Schema>>;
const propertiesOf = (schema: Schema) => (schema.properties ?? {}) as Properties;
const requiredOf = (schema: Schema) => (schema.required ?? []) as readonly string[];
const isClosed = (schema: Schema) => schema.additionalProperties === false;
const step = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

function ofProperties(was: Schema, is: Schema, at: string): Found[] {
  const [before, now] = [propertiesOf(was), propertiesOf(is)];
  const found: Found[] = [];
  for (const [name, schema] of Object.entries(before)) {
    const pointer = `${at}/properties/${step(name)}`;
    const today = now[name];
    if (!today) found.push({ pointer, what: 'is gone: listeners of the release read it' });
    else found.push(...ofSchema(schema, today, pointer));
  }
  for (const name of Object.keys(now)) {
    if (name in before) continue;
    const pointer = `${at}/properties/${step(name)}`;
    if (isClosed(was))
      found.push({ pointer, what: 'is new where nothing may be added: listeners of the release refuse it' });
    if (requiredOf(is).includes(name)) {
      found.push({ pointer, what: 'is new and required: messages without it that wait are dead' });
    }
  }
  for (const name of Object.keys(before).filter((one) => one in now)) {
    const [then, today] = [requiredOf(was).includes(name), requiredOf(is).includes(name)];
    const pointer = `${at}/properties/${step(name)}`;
    if (then && !today) found.push({ pointer, what: 'is no longer always there: listeners of the release require it' });
    if (!then && today) found.push({ pointer, what: 'is required now: messages without it that wait are dead' });
  }
  if (!isClosed(was) && isClosed(is)) {
    found.push({
      pointer: `${at}/additionalProperties`,
      what: 'allows nothing more now: what was sent with more is dead',
    });
  }
  return found;
}

function ofPart(key: 'items' | 'additionalProperties', was: Schema, is: Schema, at: string): Found[] {
  const [before, now] = [was[key], is[key]];
  const pointer = `${at}/${key}`;
  if (isSchema(before) && isSchema(now)) return ofSchema(before, now, pointer);
  if (isSchema(before)) return [{ pointer, what: `says nothing of its values now: ${REFUSED}` }];
  return isSchema(now) ? [{ pointer, what: `says what its values are now: ${DEAD}` }] : [];
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** Objects with names of any kind: values by currency. */
function ofPatterns(was: Schema, is: Schema, at: string): Found[] {
  const [before, now] = [was.patternProperties ?? {}, is.patternProperties ?? {}] as [Properties, Properties];
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const found = [...names].flatMap((name) => {
    const pointer = `${at}/patternProperties/${step(name)}`;
    const [then, today] = [before[name], now[name]];
    if (then && today) return ofSchema(then, today, pointer);
    return [{ pointer, what: then ? `is gone: ${REFUSED}` : `is new: ${DEAD}` }];
  });
  return [...found, ...ofPart('additionalProperties', was, is, at)];
}

/** One of several: each that there was is there still, and there is no other. */
function ofBranches(was: Schema, is: Schema, at: string): Found[] {
  const [before, now] = [was.anyOf, is.anyOf] as (readonly Schema[] | undefined)[];
  if (!before || !now) return before || now ? ofWhole(before, now, at) : [];
  const found: Found[] = [];
  const left = now.filter((one) => !before.some((other) => same(one, other)));
  for (const [i, branch] of before.entries()) {
    if (now.some((one) => same(one, branch))) continue;
    const pointer = `${at}/anyOf/${i}`;
    const changed = left.findIndex((one) => one.type === branch.type);
    if (changed < 0) found.push({ pointer, what: `is no longer allowed (${brief(branch)}): ${DEAD}` });
    else found.push(...ofSchema(branch, left.splice(changed, 1)[0] as Schema, pointer));
  }
  for (const branch of left) found.push({ pointer: `${at}/anyOf`, what: `may be ${brief(branch)} now: ${REFUSED}` });
  return found;
}

function ofWhole(before: readonly Schema[] | undefined, now: readonly Schema[] | undefined, at: string): Found[] {
  const what = before
    ? `was one of ${before.map(brief).join(' or ')}, and is one thing now: ${DEAD}`
    : `may be one of ${now?.map(brief).join(' or ')} now: ${REFUSED}`;
  return [{ pointer: `${at}/anyOf`, what }];
}

const brief = ({ type, ...rest }: Schema) => (type === undefined ? say(rest) : String(type));
