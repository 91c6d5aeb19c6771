import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { AddressIn, Email, nullable, Phone } from '../contracts/shapes.ts';
import { compile } from './validate.ts';

const Line = Type.Object(
  { id: Type.Union([Type.String({ pattern: '^[A-Z]+$' }), Type.Integer({ minimum: 0 })]), count: Type.Integer() },
  { additionalProperties: false },
);
const check = compile(
  Type.Object(
    {
      email: Type.String({ format: 'email', description: 'an e-mail address' }),
      kind: Type.Optional(Type.Enum(['a', 'b'])),
      lines: Type.Array(Line, { minItems: 1 }),
    },
    { additionalProperties: false },
  ),
);

const good = { email: 'a@example.com', lines: [{ id: 'X', count: 1 }] };

test('what fits has no faults', () => {
  expect(check(good)).toBeUndefined();
});

test('every fault comes at once, each where it is', () => {
  const faults = check({
    email: 'no',
    kind: 'c',
    lines: [{ id: 'X', count: 1 }, { id: 'Y', count: 'many' }, {}],
    more: 1,
  });
  expect(faults).toEqual(
    expect.arrayContaining([
      { pointer: '/email', detail: 'must be an e-mail address' },
      { pointer: '/kind', detail: 'must be one of a, b' },
      { pointer: '/lines/1/count', detail: 'must be a whole number' },
      { pointer: '/lines/2/id', detail: 'is needed' },
      { pointer: '/lines/2/count', detail: 'is needed' },
      { pointer: '/more', detail: 'is not known here' },
    ]),
  );
  expect(faults).toHaveLength(6);
});

test('a value that is of the kind of one branch hears what that branch asks for', () => {
  const lines = [
    { id: 'x y', count: 1 },
    { id: -1, count: 1 },
    { id: 5, count: 1 },
  ];
  expect(check({ ...good, lines })).toEqual([
    { pointer: '/lines/0/id', detail: 'must be text like ^[A-Z]+$' },
    { pointer: '/lines/1/id', detail: 'must be 0 or more' },
  ]);
});

test('a value that is of no kind is one fault that names the choices', () => {
  expect(check({ ...good, lines: [{ id: true, count: 1 }] })).toEqual([
    { pointer: '/lines/0/id', detail: 'must be text like ^[A-Z]+$ or a whole number' },
  ]);
});

test('the choices may hold choices: what is wrong is said where it is', () => {
  const change = compile(Type.Object({ address: Type.Optional(nullable(AddressIn)), phone: nullable(Phone) }));
  const address = { line1: 'Main Street 1', country: 'Germany' };
  expect(change({ address, phone: 'xx' })).toEqual([
    { pointer: '/address/city', detail: 'is needed' },
    { pointer: '/address/country', detail: 'must be a country code (ISO 3166-1 alpha-2), such as DE' },
    { pointer: '/phone', detail: 'must be a phone number, such as +49 30 123456' },
  ]);
  expect(change({ address: null, phone: null })).toBeUndefined();
});

test.each([
  [Type.String({ minLength: 1 }), '', 'must not be empty'],
  [Type.String({ minLength: 8 }), 'short', 'must have at least 8 characters'],
  [Type.String({ maxLength: 2 }), 'long', 'must have at most 2 characters'],
  [Type.Array(Type.Integer(), { minItems: 1 }), [], 'must have at least 1 item'],
  [Type.Array(Type.Integer(), { uniqueItems: true }), [1, 1], 'must not have the same item twice'],
  [Type.Integer({ maximum: 9 }), 10, 'must be 9 or less'],
  [Email, 'a@b', 'must be an e-mail address, such as you@example.com'],
])('a limit is said in words: %#', (schema, value, detail) => {
  expect(compile(schema)(value)).toEqual([{ pointer: '', detail }]);
});

test('a union with a description says that', () => {
  const amount = compile(Type.Union([Type.String(), Type.Number()], { description: 'an amount' }));
  expect(amount(true)).toEqual([{ pointer: '', detail: 'must be an amount' }]);
});

test('a pointer is one of RFC 6901 also when a name has a slash or a tilde', () => {
  expect(check({ ...good, 'a/b~c': 1 })).toEqual([{ pointer: '/a~1b~0c', detail: 'is not known here' }]);
});

test('a body of a wrong kind is a fault, not a crash', () => {
  for (const value of [null, [], 'text', 5, undefined]) {
    expect(check(value)).toEqual([{ pointer: '', detail: 'must be an object' }]);
  }
});

test('thousands of faults are not listed to the end', () => {
  const lines = Array.from({ length: 5_000 }, () => ({}));
  expect(check({ ...good, lines })).toHaveLength(50);
});

describe('text from a path or a query', () => {
  const Query = Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      open: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  );
  const query = compile(Query, { coerce: true, at: '/query' });

  test('becomes what it means, in place', () => {
    const value = { limit: '5', open: 'true' };
    expect(query(value)).toBeUndefined();
    expect(value).toEqual({ limit: 5, open: true });
  });

  test('that is left out gets its default', () => {
    const value = {};
    expect(query(value)).toBeUndefined();
    expect(value).toEqual({ limit: 50 });
  });

  test.each(['0', '201', '1.5', 'x', ['1', '2']])('that does not fit (%j) is a fault with its place', (limit) => {
    expect(query({ limit })).toMatchObject([{ pointer: '/query/limit' }]);
  });

  test('is not coerced in a body', () => {
    expect(compile(Query)({ limit: '5' })).toEqual([{ pointer: '/limit', detail: 'must be a whole number' }]);
  });
});

test.each([
  ['2026-11-28T23:59:59.999Z', true],
  ['2024-02-29T00:00:00.000Z', true],
  ['2026-01-31T10:00:00+02:00', true],
  ['2026-02-29T00:00:00.000Z', false],
  ['2026-00-10T00:00:00.000Z', false],
  ['2026-11-22T24:00:00.000Z', false],
  ['2026-11-22T10:60:00.000Z', false],
  ['2026-11-22', false],
])('%s is a time: %s', (text, fits) => {
  expect(compile(Type.String({ format: 'date-time' }))(text) === undefined).toBe(fits);
});
