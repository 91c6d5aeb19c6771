/**
 * Values that a schema allows, nearly allows, or that nobody should ever send, for fast-check. What would be unreadable in
 * a report stands as a mark until it is sent: `~order1~` is an id that exists, `~long.70000~` a text, `~deep.3000~` lists
 * in lists, `~many.5000~` a list, `~raw.1e400~` JSON that JSON.stringify does not write.
 */
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { compile } from '../src/platform/validate.ts';

export const KINDS = [
  'order',
  'product',
  'payment',
  'refund',
  'customer',
  'address',
  'image',
  'reservation',
  'notification',
  'suppression',
  'letter',
  'group',
  'key',
] as const;
/** Things that there are in the shop, by their ids; `key` is a guest's token. */
export type Kind = (typeof KINDS)[number];
/** Ids of each kind to choose from. */
export const KNOWN_IDS = 3;

/** The text as it is sent. */
export function expand(text: string, idOf: (kind: Kind, n: number) => string): string {
  return text
    .replace(/"~deep\.(\d+)~"/g, (_, n) => '['.repeat(n) + ']'.repeat(n))
    .replace(/"~many\.(\d+)~"/g, (_, n) => `[${Array(Number(n)).fill('{"id":"a","quantity":1}').join()}]`)
    .replace(/"~raw\.([^~"]*)~"/g, (_, raw) => raw)
    .replace(/~long\.(\d+)~/g, (_, n) => 'x'.repeat(n))
    .replace(/~([a-z]+)(\d)~/g, (_, kind, n) => idOf(kind, Number(n)));
}

export const known = (...kinds: readonly Kind[]) =>
  fc.tuple(fc.constantFrom(...kinds), fc.nat(KNOWN_IDS - 1)).map(([kind, n]) => `~${kind}${n}~`);

const cursor = (values: unknown) => Buffer.from(JSON.stringify(values)).toString('base64url');
const NOWHERE = '00000000-0000-7000-8000-000000000000';
const ONCE = '2020-01-01T00:00:00.000Z';
const NEVER = '0000-01-01T00:00:00.000Z';
const NO_DAY = '2020-02-30T00:00:00.000Z';

const ODD = ['', ' ', '\t', '0', '-1', '1e400', 'NaN', 'null', 'undefined', 'true', '[]', '{}', '[object Object]'];
const UNICODE = [
  ...['\u0000', 'a\u0000b', '\ud800', 'a\udfffb', '\u001b[31m', '\ufeff', '\ufffe\uffff', '\u2028', '\u200b'],
  ...['\u202egnp.exe', 'e\u0301\u0301\u0301\u0301', '👩‍👩‍👧‍👦', 'ﷺ', 'İıſK', 'ʼn', '\u{10ffff}', 'Ω≈ç√∫˜µ'],
];
const INJECTIONS = [
  ...[`'; drop table orders; --`, `' or '1'='1`, `1; select pg_sleep(9)`, '$1', '\\', `\\'`, '%', '_%', 'a%00b', `"`],
  ...[`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, 'javascript:alert(1)', `{{7*7}}`, `\${7*7}`],
  ...['a\r\nX-Injected: yes', '\nSet-Cookie: a=b', '../../../etc/passwd', '..\\..\\win.ini', '.', '..', '%2e%2e%2f'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '(a+)+$', '*', '`id`', '$(id)', '| id'],
  ...[`=cmd|' /C calc'!A0`, '& | ! <-> :*', '"a phrase', 'a -', '((', `a:*&!'`, 'file:///etc/passwd', '-'.repeat(300)],
];
/** Times, ids, addresses, amounts and cursors that are almost some. */
export const NEARLY = [
  ...['0000-01-01T00:00:00Z', '2020-01-01T00:00:00+23:59', '2020-13-45T99:99:99Z', '2016-12-31T23:59:60Z'],
  ...[
    '9999-12-31T23:59:59Z',
    '1969-12-31T23:59:59Z',
    '2020-02-30T00:00:00Z',
    '2020-01-01',
    '2020-01-01\u202800:00:00Z',
  ],
  ...[NOWHERE, NOWHERE.toUpperCase().replace('7000', 'F000'), `${NOWHERE},${NOWHERE}`, NOWHERE.slice(1), `${NOWHERE}0`],
  ...['a@b', 'a@b.c', '"a b"@example.com', `${'a'.repeat(250)}@example.com`, 'ann@example.com\n', 'ä@exämple.com'],
  ...[`urn:uuid:${NOWHERE}`, '~long.201~', '~long.501~', '~long.20000~'],
  ...'1. .5 1e2 0x10 1,5 ١٢ 00000000000000000.1 9999999999999.9999 usd ＵＳＤ +000000000'.split(' '),
  ...[['\u0000'], ['\ud800'], ['a', 'b'], [1, 2], [1e21], [null], [{}], [], null].map((values) => cursor(values)),
  ...[[NOWHERE], ['9'.repeat(400), 'x', 'y'], [ONCE, 'a', 'b'], [ONCE, 'a']].map((values) => cursor(values)),
  ...[
    [NEVER, 'a', 'b'],
    [NEVER, NOWHERE],
    [NO_DAY, 'a', 'b'],
    [NO_DAY, NOWHERE],
  ].map((values) => cursor(values)),
];
export const badText = fc.oneof(
  ...[ODD, UNICODE, INJECTIONS, NEARLY].map((texts) => fc.constantFrom(...texts)),
  known(...KINDS),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const RAW_NUMBERS = ['1e400', '-0', '-1e400', '0.1e-400', '9007199254740993', '123456789012345678901234567890', '1E5'];
const badNumber = fc.oneof(
  fc.constantFrom(0, -1, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 53 + 2, -(2 ** 63), 1e15, 1e21, 1e308, 5e-324, 0.1 + 0.2),
  fc.constantFrom(...RAW_NUMBERS).map((number) => `~raw.${number}~`),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const HUGE = ['~deep.50~', '~deep.3000~', '~deep.25000~', '~many.101~', '~many.2500~', '~long.60000~', '~long.70000~'];
const badShape = fc.constantFrom<unknown>(
  ...[null, true, false, [], {}, [null], [[]], [{}], { length: 1 }, { $gt: '' }, { toString: 'x' }, { toJSON: 1 }],
);
/** What belongs nowhere. */
export const badValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: badText },
  { weight: 2, arbitrary: badNumber },
  { weight: 2, arbitrary: badShape },
  { weight: 1, arbitrary: fc.constantFrom(...HUGE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

interface Schema {
  type?: string;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  uniqueItems?: boolean;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: string[];
}

/** What a name stands for, whatever its schema says. */
const BY_NAME: Record<string, fc.Arbitrary<unknown>> = {
  product_id: known('product'),
  customer_id: known('customer'),
  order_id: known('order'),
  reservation_id: known('reservation'),
  group: known('group'),
  token: known('key'),
  email: fc.constantFrom('ann@example.com', 'nobody@example.com', 'Ben@Example.com'),
  currency: fc.constantFrom('USD', 'EUR', 'JPY', 'XXX'),
  payment_method: fc.constantFrom('pm_success', 'pm_declined', 'pm_insufficient_funds'),
  current_password: fc.constantFrom('a long enough secret', 'a wrong one'),
  cursor: fc.constantFrom(cursor([NOWHERE]), cursor(['PROD001']), cursor([ONCE, NOWHERE])),
  // A dead letter becomes what nobody is harmed by.
  type: fc.constantFrom('product.stock.changed', 'product.stock.changed', 'order.placed'),
  data: fc.oneof(
    fc.constantFrom('~deep.3000~', '~deep.25000~', '~many.2500~', '~long.60000~'),
    fc.record({
      product_id: known('product'),
      available: fc.nat(9),
      status: fc.constant('in_stock'),
      version: fc.nat(9),
      beside: badValue,
    }),
  ),
  ids: fc.array(known('product', 'order'), { minLength: 1, maxLength: 3 }).map((ids) => ids.join()),
};

/** What fits a schema, or very nearly: patterns with more to them than characters are taken by their name or format. */
export function fitting(schema: TSchema, name = ''): fc.Arbitrary<unknown> {
  return fittingOf(schema as Schema, name);
}

function fittingOf(schema: Schema, name: string): fc.Arbitrary<unknown> {
  // Nothing ends by itself between two looks at the shop.
  if (name === 'ttl_seconds') return fc.constantFrom(3_600, 86_400);
  const plain = byShape(schema, name);
  const named = BY_NAME[name];
  return named ? fc.oneof({ weight: 4, arbitrary: named }, plain) : plain;
}

function byShape(schema: Schema, name: string): fc.Arbitrary<unknown> {
  const { anyOf, minimum = -1000, maximum = 1_000_000 } = schema;
  if (anyOf) return fc.oneof(...anyOf.map((one) => fittingOf(one, name)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.oneof(fc.integer({ min: minimum, max: Math.min(maximum, minimum + 20) }), fc.constant(maximum));
    case 'number':
      return fc.integer({ min: Math.max(0, minimum), max: 99_999 }).map((cents) => cents / 100);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return listOf(schema, name);
    case 'object':
      return objectOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function listOf({ items = {}, minItems = 0, uniqueItems }: Schema, name: string): fc.Arbitrary<unknown> {
  const limits = { minLength: minItems, maxLength: minItems + 3 };
  const item = fittingOf(items, name);
  return uniqueItems ? fc.uniqueArray(item, limits) : fc.array(item, limits);
}

function objectOf({ properties = {}, required = [], patternProperties }: Schema): fc.Arbitrary<unknown> {
  if (patternProperties) {
    const [[pattern, value]] = Object.entries(patternProperties) as [[string, Schema]];
    return fc.dictionary(fc.stringMatching(new RegExp(pattern)), fittingOf(value, ''), { maxKeys: 3 });
  }
  const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, fittingOf(one, name)]));
  return fc.record(fields, { requiredKeys: required.filter((name) => name in fields), noNullPrototype: true });
}

const WORDS = ['Ann', 'a laptop', 'Zürich 1', "O'Brien", '日本', 'laptp', 'one\nline', '😀 emoji', 'x', '50 % off_'];

function textOf({ format, pattern, minLength = 0, maxLength = 100 }: Schema): fc.Arbitrary<unknown> {
  if (format === 'uuid') return fc.oneof({ weight: 3, arbitrary: known(...KINDS) }, fc.uuid());
  if (format === 'email') return fc.oneof(fc.emailAddress(), fc.constant('guest@example.com'));
  if (format === 'date-time') {
    const years = { min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true };
    return fc.date(years).map((date) => date.toISOString());
  }
  const free = pattern === undefined || pattern.startsWith('^[^');
  if (!free) return fc.stringMatching(new RegExp(pattern));
  const whole = new RegExp(pattern ?? '', 'u');
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength && whole.test(text);
  return fc.oneof(
    fc.constantFrom(...[...WORDS, 'x'.repeat(Math.max(minLength, 1))].filter(fits)),
    // Bad, and allowed.
    fc.constantFrom(...[...ODD, ...UNICODE, ...INJECTIONS].filter(fits), 'x'.repeat(Math.max(minLength, 1))),
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 20) }).filter(fits),
    fc.constant(`~long.${maxLength}~`),
  );
}

type Change = { set: unknown } | { remove: true } | { add: [string, unknown] } | { wrap: true } | { lengthen: true };
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ set: badValue }) },
  { weight: 1, arbitrary: fc.constant<Change>({ remove: true }) },
  { weight: 2, arbitrary: fc.record({ add: fc.tuple(badText, badValue) }) },
  { weight: 1, arbitrary: fc.constantFrom<Change>({ wrap: true }, { lengthen: true }) },
);

/** The same with one place of it spoilt. */
export const spoilt = (sound: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(sound, fc.nat(30), change).map(([value, place, how]) => {
    const places = pathsIn(value);
    return changed(value, places[place % places.length] as string[], how);
  });

function pathsIn(value: unknown, here: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [here];
  return [here, ...Object.entries(value).flatMap(([key, one]) => pathsIn(one, [...here, key]))];
}

function changed(value: unknown, [key, ...rest]: string[], how: Change): unknown {
  if (key === undefined) return replaced(value, how);
  if (Array.isArray(value)) return value.map((one, i) => (String(i) === key ? changed(one, rest, how) : one));
  const { [key]: one, ...others } = value as Record<string, unknown>;
  return 'remove' in how && rest.length === 0 ? others : { ...others, [key]: changed(one, rest, how) };
}

function replaced(value: unknown, how: Change): unknown {
  if ('set' in how) return how.set;
  if ('wrap' in how) return [value];
  if ('lengthen' in how)
    return Array.isArray(value) ? [...value, ...value, ...value] : `${JSON.stringify(value)}~long.100~`;
  if ('add' in how && typeof value === 'object') return { ...value, [how.add[0]]: how.add[1] };
  return null;
}

/** A value with each text that its schema knows, one after the other, made each of these; what is missing is added. */
export const withEachText = (schema: TSchema, value: unknown, texts: readonly string[]): unknown[] =>
  textPlaces(schema as Schema).flatMap((path) => texts.map((text) => putAt(schema as Schema, value, path, text)));

function textPlaces({ type, anyOf = [], properties = {}, items }: Schema): string[][] {
  const below = (key: string, one: Schema) => textPlaces(one).map((path) => [key, ...path]);
  return [
    ...(type === 'string' ? [[]] : []),
    ...anyOf.flatMap(textPlaces),
    ...Object.entries(properties).flatMap(([key, one]) => below(key, one)),
    ...(items ? below('0', items) : []),
  ];
}

function putAt(schema: Schema, value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text;
  const branch = branchesOf(schema).find((one) => one.properties?.[key] ?? one.items) as Schema;
  const below = branch.properties?.[key] ?? (branch.items as Schema);
  const whole = (typeof value === 'object' && value !== null ? value : example(branch)) as Record<string, unknown>;
  if (Array.isArray(whole)) return [putAt(below, whole[0], rest, text), ...whole.slice(1)];
  return { ...whole, [key]: putAt(below, whole[key], rest, text) };
}

const branchesOf = (schema: Schema): Schema[] => [schema, ...(schema.anyOf ?? []).flatMap(branchesOf)];

/** One that fits, if there is one among a few. */
function example(schema: Schema): unknown {
  const fits = compile(schema as TSchema);
  const some = fc.sample(byShape(schema, ''), { seed: 1, numRuns: 50 });
  return some.find((one) => fits(one) === undefined) ?? some[0];
}
