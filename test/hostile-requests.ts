/**
 * Requests made from the contracts: sound, nearly sound, and hopeless. A draft is plain data with marks in it
 * (hostile-values.ts), so that what fast-check prints can be read, and tried again.
 */

import { crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Endpoint } from '../src/platform/contract.ts';
import type { Asked } from './access-world.ts';
import { badText, badValue, fitting, NEARLY, spoilt, withEachText } from './hostile-values.ts';

export const DOORS = ['gateway', 'gateway apart', 'pages', 'room'] as const;
/** The gateway's; that of a gateway in front of rooms of other processes; the pages' origin; the room's own. */
export type Door = (typeof DOORS)[number];
export type Who = 'admin' | 'customer' | 'guest' | 'nobody that there is';

export interface Draft {
  endpoint: string;
  door: Door;
  who: Who;
  method: string;
  /** What stands where the address has names, percent-encoded or meant to be wrong. */
  parts: Parts;
  query: string;
  headers: [string, string][];
  body: string | undefined;
  encoding: 'utf8' | 'utf16le' | 'latin1' | 'gzip';
}

const encoded = (text: string) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
/** As it stands in an address: escapes that are none, parts that lead elsewhere. */
const BAD_PARTS = [
  ...'%00 a%00b %ED%A0%80 %zz % %ff %C0%AF %2e%2e%2f%2e%2e%2fetc ..%2f..%2f %252e %u0041'.split(' '),
  ...'.. . %20 + ;a=b : *'.split(' '),
  ...['', '\u00e4\u00ff', '~long.201~', '~long.9000~', '%0d%0aX-Injected:%20yes'],
];
const badPart = fc.oneof(badText.map(encoded), fc.constantFrom(...BAD_PARTS));

type Parts = Record<string, string>;
const partsOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

/** Which ids an address takes, by the word before them. */
const ID_KINDS: Record<string, string> = {
  orders: 'order',
  customers: 'customer',
  addresses: 'address',
  payments: 'payment',
  reservations: 'reservation',
  notifications: 'notification',
  suppressions: 'suppression',
  images: 'image',
  'dead-letters': 'letter',
};

function soundParts({ path, params }: Endpoint): fc.Arbitrary<Parts> {
  const words = path.split('/');
  const one = (name: string) => {
    const kind = ID_KINDS[words[words.indexOf(`{${name}}`) - 1] ?? ''];
    const own = fc.nat(2).map((n) => `~${name === 'product_id' ? 'product' : kind}${n}~`);
    const fits = fitting(params.properties[name] as never, name).map((value) => encoded(String(value)));
    return kind || name === 'product_id' ? fc.oneof({ weight: 6, arbitrary: own }, fits) : fits;
  };
  return fc.record(Object.fromEntries(partsOf(path).map((name) => [name, one(name)])));
}

const badParts = ({ path }: Endpoint): fc.Arbitrary<Parts> =>
  fc.record(Object.fromEntries(partsOf(path).map((name) => [name, badPart])));

type Pairs = [string, string][];
const asPairs = (query: unknown): Pairs =>
  Object.entries((query ?? {}) as object).map(([name, value]) => [name, encoded(String(value))]);
const soundQuery = ({ query }: Endpoint) => fitting(query as never).map(asPairs);

/** One parameter spoilt, twice there, or of a name that nobody knows. */
function badQuery(endpoint: Endpoint): fc.Arbitrary<Pairs> {
  const names = Object.keys(endpoint.query.properties ?? {});
  const name = fc.oneof(
    ...(names.length > 0 ? [{ weight: 8, arbitrary: fc.constantFrom(...names) }] : []),
    fc.constantFrom('__proto__', 'constructor', 'limit[]', 'a.b', '', 'LIMIT', 'toString', '%00', '%zz', 'x'),
  );
  const bad = fc.array(fc.tuple(name, badPart), { minLength: 1, maxLength: 2 });
  return fc.tuple(soundQuery(endpoint), bad).map(([sound, more]) => [...sound, ...more]);
}

const KEYS = [
  ...['k', '"k"', '', '"', `"${'x'.repeat(300)}"`, 'x'.repeat(255), '\u00e4\u00ff', 'a, b', "';--", '   ', '\t'],
];
const TYPES = [
  ...['application/json; charset=utf-16', 'application/JSON', 'application/json;;;=', 'application/json, text/plain'],
  ...['text/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/x+json'],
  ...['multipart/form-data; boundary=', 'multipart/form-data; boundary="x', '', '/', 'a/\u00ff', 'a'.repeat(5_000)],
];
const badHeader = fc.oneof(
  fc.tuple(fc.constant('content-type'), fc.constantFrom(...TYPES)),
  fc.tuple(fc.constant('idempotency-key'), fc.constantFrom(...KEYS)),
  fc.tuple(
    fc.constantFrom('accept', 'accept-encoding', 'if-none-match', 'last-event-id', 'traceparent', 'range', 'origin'),
    fc.constantFrom(...KEYS, '*', '*/*', '-1', '999999999999', '9', 'bytes=0-18446744073709551615', '00-0-0-00'),
  ),
  fc.tuple(
    fc.constantFrom('x-forwarded-for', 'forwarded', 'x-user-id', 'x-role', 'x-original-url', 'x-http-method-override'),
    fc.constantFrom('127.0.0.1', 'admin', '/api/payments', 'DELETE', 'for=127.0.0.1', '::1, ::2', 'x'.repeat(3_000)),
  ),
  fc.tuple(
    fc.constantFrom('cookie', 'stripe-signature', 'sec-fetch-site', 'content-encoding', 'host'),
    fc.constantFrom(
      'tradewind_refresh=x.y',
      'tradewind_refresh=',
      '=;=;',
      't=1,v1=00',
      'cross-site',
      'gzip',
      'a:b@c',
      '\u00ff',
    ),
  ),
  fc.tuple(fc.constantFrom('x-a', 'content-language', '__proto__'), fc.constantFrom('a', 'x'.repeat(15_000), '\u00ff')),
);

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH'];
const SPOILERS: ((text: string) => string)[] = [
  (text) => text.slice(0, -1),
  (text) => `\ufeff${text}`,
  (text) => `${text}${text}`,
  (text) => text.replaceAll('"', "'"),
  (text) => text.replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'),
  // Each name twice: the one that comes first is not the one that counts.
  (text) => text.replace(/^\{(.+)\}$/s, '{$1,$1}'),
  (text) => text.replace(/^\{"([^"]+)":/, '{"$1":null,"$1":'),
  (text) => text.replace(/:([^{[])/, ':/* none */$1'),
  () => '',
  () => 'null',
  () => '"text"',
  () => '~deep.30000~'.replace(/.*/, '"$&"'),
  () => '\u0000\u0001\u0002',
  () => '{"a":'.repeat(6_000),
];
/** A picture of one pixel, byte by byte; its size is in bytes 6 to 9. */
const GIF =
  'GIF89a\u0001\u0000\u0001\u0000\u0080\u0000\u0000\u0000\u0000\u0000\u00ff\u00ff\u00ff,\u0000\u0000\u0000\u0000\u0001\u0000\u0001\u0000\u0000\u0002\u0002D\u0001\u0000;';
const form = (file: string, head = 'name="file"; filename="../../x"') =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${file}\r\n--b--\r\n`;
const bent = fc
  .array(fc.tuple(fc.nat(GIF.length - 1), fc.nat(255)), { maxLength: 3 })
  .map((bytes) =>
    bytes.reduce((file, [at, to]) => file.slice(0, at) + String.fromCharCode(to) + file.slice(at + 1), GIF),
  );
const FORMS = [
  ...['', '--b--', form(GIF).slice(0, -8), form(GIF) + form(GIF), form('~long.70000~'), form('<svg/>')],
  ...[form(GIF, 'name="__proto__"'), form(GIF, 'name="alt"'), form(GIF, 'name=""; filename')],
  `--b\r\n${'x: y\r\n'.repeat(3_000)}\r\n\r\n--b--`,
  ...['{"id":"evt_1","type":"x","data":{"object":{}}}', '{}', '[]', '\u0000', '~long.270000~'],
];
const rawBody = fc.oneof(
  bent.map((file) => form(file)),
  fc.nat(GIF.length).map((length) => form(GIF.slice(0, length))),
  fc.constantFrom(...FORMS),
);

interface Shape {
  parts?: fc.Arbitrary<Parts>;
  query?: fc.Arbitrary<Pairs>;
  body?: fc.Arbitrary<string>;
  headers?: fc.Arbitrary<[string, string]>;
  method?: fc.Arbitrary<string>;
  encoding?: fc.Arbitrary<Draft['encoding']>;
}

/** Requests of every kind; with a method that is not its own one is another endpoint's, or nobody's. */
export function drafts(endpoint: Endpoint): fc.Arbitrary<Draft> {
  const sound = fitting((endpoint.body ?? { type: 'object' }) as never);
  const spoiltBody = fc.oneof({ weight: 8, arbitrary: spoilt(sound) }, { weight: 1, arbitrary: badValue });
  const texts = (value: fc.Arbitrary<unknown>) => value.map((one) => JSON.stringify(one) ?? '');
  const spoiltText = fc.tuple(texts(sound), fc.constantFrom(...SPOILERS)).map(([text, spoil]) => spoil(text));
  const encodings = fc.constantFrom<Draft['encoding']>('utf16le', 'latin1', 'gzip');
  const all = {
    parts: badParts(endpoint),
    query: badQuery(endpoint),
    headers: badHeader,
    ...(endpoint.body && { body: texts(spoiltBody) }),
  };
  const kinds: [number, Shape][] = [
    [4, {}],
    [partsOf(endpoint.path).length > 0 ? 2 : 0, { parts: all.parts }],
    [Object.keys(endpoint.query.properties ?? {}).length > 0 ? 4 : 1, { query: all.query }],
    [endpoint.body ? 6 : 0, { body: texts(spoiltBody) }],
    [endpoint.body ? 2 : 0, { body: spoiltText }],
    [endpoint.body ? 1 : 0, { encoding: encodings }],
    [2, { headers: all.headers }],
    [1, { method: fc.constantFrom(...METHODS) }],
    [1, all],
  ];
  const request = (shape: Shape) => draftOf(endpoint, texts(sound), shape);
  return fc.oneof(
    ...kinds.filter(([weight]) => weight > 0).map(([weight, shape]) => ({ weight, arbitrary: request(shape) })),
  );
}

function draftOf(endpoint: Endpoint, soundBody: fc.Arbitrary<string>, shape: Shape): fc.Arbitrary<Draft> {
  const body = endpoint.raw ? rawBody : (shape.body ?? (endpoint.body ? soundBody : fc.constant(undefined)));
  return fc
    .record({
      door: fc.constantFrom(...DOORS),
      who: fc.oneof(
        { weight: 6, arbitrary: fc.constant<Who>('admin') },
        { weight: 5, arbitrary: fc.constant<Who>('customer') },
        { weight: 2, arbitrary: fc.constant<Who>('guest') },
        { weight: 1, arbitrary: fc.constant<Who>('nobody that there is') },
      ),
      method: shape.method ?? fc.constant(endpoint.method),
      parts: shape.parts ?? soundParts(endpoint),
      query: shape.query ?? soundQuery(endpoint),
      header: shape.headers ?? fc.constant(undefined),
      body,
      encoding: shape.encoding ?? fc.constant<Draft['encoding']>(endpoint.raw ? 'latin1' : 'utf8'),
    })
    .map(({ query, header, ...rest }) => ({
      endpoint: endpoint.name,
      ...rest,
      query: query.map(([name, value]) => `${name}=${value}`).join('&'),
      headers: [...(rest.body === undefined ? [] : [typeOf(endpoint)]), ...(header ? [header] : [])],
    }));
}

function typeOf({ raw }: Endpoint): [string, string] {
  const type = raw?.types[0] ?? 'application/json';
  return ['content-type', type.startsWith('multipart') ? `${type}; boundary=b` : type];
}

/** Texts that no database can keep, or nobody reads. */
const TEXTS = ['\u0000', 'a\u0000b', '\ud800', 'a\udfffb', '\u001b[31m', '~long.20000~'];

/** Each place gets a third of its own, always the same: all of them would be thousands of requests. */
const thirdOf = (texts: readonly string[], place: string) => {
  const third = crc32(place) % 3;
  return texts.filter((_, i) => i % 3 === third);
};

/** A request that is right, with each of its places, one after the other, made bad texts. */
export function everyPlace(endpoint: Endpoint, { params = {}, query = {}, body }: Asked): Draft[] {
  const sound = {
    parts: params,
    query: new URLSearchParams(query).toString(),
    headers: endpoint.body ? [typeOf(endpoint)] : [],
    body: endpoint.body && JSON.stringify(body ?? {}),
  };
  const queries = Object.keys(endpoint.query.properties ?? {}).flatMap((name) => [
    ...[...TEXTS, ...thirdOf(NEARLY, `${endpoint.name} ?${name}`)].map(
      (value) => `${new URLSearchParams({ ...query, [name]: value })}`,
    ),
    ...['%ED%A0%80', '%zz', '%ff'].map((value) => `${new URLSearchParams(query)}&${name}=${value}`),
  ]);
  const bent: Partial<Draft>[] = [
    ...Object.keys(params).flatMap((name) =>
      [...TEXTS.map(encoded), ...thirdOf(BAD_PARTS, `${endpoint.name} /${name}`)].map((part) => ({
        parts: { ...params, [name]: part },
      })),
    ),
    ...queries.map((one) => ({ query: one })),
    ...(endpoint.body ? withEachText(endpoint.body, body ?? {}, TEXTS) : []).map((one) => ({
      body: JSON.stringify(one),
    })),
  ];
  const { name, method } = endpoint;
  // A cart is its owner's; a login with a token is none.
  const who = name.endsWith('cart') ? 'customer' : name === 'customers.login' ? 'guest' : 'admin';
  return bent.map((one, i) => ({
    ...{ endpoint: name, door: DOORS[i % DOORS.length] as Door, who, method, encoding: 'utf8' },
    ...sound,
    ...one,
  }));
}

/** The address of a draft at its door, as it stands. */
export function addressOf({ path, publicPaths }: Endpoint, { door, parts, query }: Draft): string {
  // What is for the inside has no address at the other doors, where its own leads to nothing.
  const address = door === 'room' ? path : (publicPaths[0] ?? path);
  return address.replace(/\{(\w+)\}/g, (_, name) => parts[name] as string) + (query && `?${query}`);
}

/** The bytes of a body whose marks are gone. */
export function bytesOf(text: string, encoding: Draft['encoding']): Buffer {
  return encoding === 'gzip' ? gzipSync(text) : Buffer.from(text, encoding);
}
