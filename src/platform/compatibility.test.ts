import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import type { ReleasedEvent, ReleasedEvents, Schema } from './compatibility.ts';
import { breaksOf } from './compatibility.ts';

const plain = (schema: object) => JSON.parse(JSON.stringify(schema)) as Schema;
const Address = Type.Object({ city: Type.String() }, { additionalProperties: false });
const Nothing = Type.Null();

/** Properties of an event, one of each kind; a test changes one of them. */
const PROPERTIES = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String({ minLength: 1, maxLength: 100 }),
  count: Type.Integer({ minimum: 0, maximum: 10 }),
  status: Type.Enum(['open', 'closed']),
  kind: Type.Literal('order'),
  note: Type.Optional(Type.String()),
  address: Address,
  reason: Type.Union([Type.Enum(['late', 'lost']), Nothing]),
  amount: Type.Union([Type.String({ pattern: '^\\d+$' }), Type.Number()]),
  lines: Type.Array(Type.Object({ sku: Type.String() }), { maxItems: 5 }),
  prices: Type.Record(Type.String({ pattern: '^[A-Z]{3}$' }), Type.Integer()),
};
const event = (data: object, more: Partial<ReleasedEvent> = {}): ReleasedEvent => ({
  ...{ publisher: 'orders', subject: 'id', secrets: ['note'], personal: ['name'] },
  ...more,
  data: plain(data),
});
const WAS: ReleasedEvents = { 'order.placed': event(Type.Object(PROPERTIES)) };
const broken = (today: ReleasedEvents) =>
  breaksOf(WAS, today).map(({ event, pointer, what }) => `${event} ${pointer} ${what}`);
/** The event with some properties changed, added, or left out (undefined). */
const changed = (change: Record<string, object | undefined>, more?: Partial<ReleasedEvent>) => {
  const properties = Object.entries({ ...PROPERTIES, ...change }).filter(([, schema]) => schema !== undefined);
  return { 'order.placed': event(Type.Object(Object.fromEntries(properties) as never), more) };
};

describe('nobody is broken by', () => {
  test.each<[string, ReleasedEvents]>([
    ['what stays as it is', WAS],
    ['a new event', { ...WAS, 'order.praised': event(Type.Object({})) }],
    ['a new property that may be missing', changed({ colour: Type.Optional(Type.String()) })],
    ['other words for the same', changed({ count: Type.Integer({ maximum: 10, minimum: 0, description: 'so many' }) })],
    ['branches in another order', changed({ amount: Type.Union([Type.Number(), PROPERTIES.amount.anyOf[0]]) })],
    ['words in another order', changed({ status: Type.Enum(['closed', 'open']) })],
    [
      'an object that is opened, so that a later release can add to it',
      changed({ address: Type.Object({ city: Type.String() }) }),
    ],
    ['one more that is masked', changed({}, { secrets: ['note', 'kind'], personal: ['name', 'id'] })],
  ])('%s', (_, today) => expect(broken(today)).toEqual([]));
});

describe('it is a break, and it is said where and whom it breaks:', () => {
  const DEAD = 'what was sent before and waits is dead';
  const REFUSED = 'listeners of the release refuse what is sent now';

  test.each<[string, ReleasedEvents, ...string[]]>([
    ['an event that is gone', {}, '  is gone: whoever listens waits for ever'],
    [
      'another publisher',
      changed({}, { publisher: 'shop' }),
      ' /publisher was orders and is shop: listeners know it by its source',
    ],
    ['another subject', changed({}, { subject: 'name' }), ' /subject was id and is name: what waits is found by it'],
    [
      'a secret that is one no more',
      changed({}, { secrets: [] }),
      ' /secrets/0 note is no longer masked: what was hidden would be shown',
    ],
    [
      'a person’s name that is shown',
      changed({}, { personal: [] }),
      ' /personal/0 name is no longer masked: what was hidden would be shown',
    ],
    [
      'a property that is gone',
      changed({ note: undefined }),
      ' /data/properties/note is gone: listeners of the release read it',
    ],
    [
      'a new property that is required',
      changed({ colour: Type.String() }),
      ' /data/properties/colour is new and required: messages without it that wait are dead',
    ],
    [
      'one that need not be there any more',
      changed({ count: Type.Optional(PROPERTIES.count) }),
      ' /data/properties/count is no longer always there: listeners of the release require it',
    ],
    [
      'one that must be there now',
      changed({ note: Type.String() }),
      ' /data/properties/note is required now: messages without it that wait are dead',
    ],
    [
      'another type',
      changed({ count: Type.String() }),
      ' /data/properties/count/type was of type integer and is of type string: neither side reads the other',
      ` /data/properties/count/minimum minimum was 0 and is gone: ${REFUSED}`,
      ` /data/properties/count/maximum maximum was 10 and is gone: ${REFUSED}`,
    ],
    [
      'a wider limit',
      changed({ count: Type.Integer({ minimum: -1, maximum: 11 }) }),
      ` /data/properties/count/minimum minimum was 0 and is -1: ${REFUSED}`,
      ` /data/properties/count/maximum maximum was 10 and is 11: ${REFUSED}`,
    ],
    [
      'a narrower limit',
      changed({ count: Type.Integer({ minimum: 1, maximum: 9 }) }),
      ` /data/properties/count/minimum minimum was 0 and is 1: ${DEAD}`,
      ` /data/properties/count/maximum maximum was 10 and is 9: ${DEAD}`,
    ],
    [
      'a new limit',
      changed({ note: Type.Optional(Type.String({ maxLength: 5 })) }),
      ` /data/properties/note/maxLength maxLength was not there and is 5: ${DEAD}`,
    ],
    [
      'another format',
      changed({ id: Type.String({ format: 'email' }) }),
      ' /data/properties/id/format format was "uuid" and is "email": what one side sends the other may refuse',
    ],
    [
      'a word that is gone',
      changed({ status: Type.Enum(['open']) }),
      ' /data/properties/status/enum no longer has "closed": messages with it that wait are dead',
    ],
    [
      'a new word',
      changed({ status: Type.Enum(['open', 'closed', 'lost']) }),
      ' /data/properties/status/enum has "lost" now: listeners of the release refuse it',
    ],
    [
      'any word',
      changed({ status: Type.String() }),
      ' /data/properties/status/enum may be anything now: listeners know "open", "closed"',
    ],
    [
      'only some words',
      changed({ name: Type.Enum(['x']) }),
      ' /data/properties/name/enum may only be "x" now: other values that wait are dead',
      ` /data/properties/name/minLength minLength was 1 and is gone: ${REFUSED}`,
      ` /data/properties/name/maxLength maxLength was 100 and is gone: ${REFUSED}`,
    ],
    [
      'another constant',
      changed({ kind: Type.Literal('refund') }),
      ' /data/properties/kind/const no longer has "order": messages with it that wait are dead',
      ' /data/properties/kind/const has "refund" now: listeners of the release refuse it',
    ],
    [
      'a property where nothing may be added',
      changed({
        address: Type.Object(
          { city: Type.String(), street: Type.Optional(Type.String()) },
          { additionalProperties: false },
        ),
      }),
      ' /data/properties/address/properties/street is new where nothing may be added: listeners of the release refuse it',
    ],
    [
      'an object that is closed',
      changed({
        lines: Type.Array(Type.Object({ sku: Type.String() }, { additionalProperties: false }), { maxItems: 5 }),
      }),
      ' /data/properties/lines/items/additionalProperties allows nothing more now: what was sent with more is dead',
    ],
    [
      'what cannot be null any more',
      changed({ reason: Type.Union([Type.Enum(['late', 'lost'])]) }),
      ` /data/properties/reason/anyOf/1 is no longer allowed (null): ${DEAD}`,
    ],
    [
      'what can be null now',
      changed({ name: Type.Union([PROPERTIES.name, Nothing]) }),
      ` /data/properties/name/minLength minLength was 1 and is gone: ${REFUSED}`,
      ` /data/properties/name/maxLength maxLength was 100 and is gone: ${REFUSED}`,
      ` /data/properties/name/anyOf may be one of string or null now: ${REFUSED}`,
    ],
    [
      'a word inside of what can be null',
      changed({ reason: Type.Union([Type.Enum(['late']), Nothing]) }),
      ' /data/properties/reason/anyOf/0/enum no longer has "lost": messages with it that wait are dead',
    ],
    [
      'one more kind of value',
      changed({ amount: Type.Union([...PROPERTIES.amount.anyOf, Type.Boolean()]) }),
      ` /data/properties/amount/anyOf may be boolean now: ${REFUSED}`,
    ],
    [
      'other things in a list',
      changed({ lines: Type.Array(Type.Object({ sku: Type.Integer() }), { maxItems: 5 }) }),
      ' /data/properties/lines/items/properties/sku/type was of type string and is of type integer: neither side reads the other',
    ],
    [
      'other values by name',
      changed({ prices: Type.Record(Type.String({ pattern: '^[A-Z]{3}$' }), Type.String()) }),
      ' /data/properties/prices/patternProperties/^[A-Z]{3}$/type was of type integer and is of type string: neither side reads the other',
    ],
    [
      'other names',
      changed({ prices: Type.Record(Type.String({ pattern: '^[a-z]{3}$' }), Type.Integer()) }),
      ` /data/properties/prices/patternProperties/^[A-Z]{3}$ is gone: ${REFUSED}`,
      ` /data/properties/prices/patternProperties/^[a-z]{3}$ is new: ${DEAD}`,
    ],
  ])('%s', (_, today, ...what) => expect(broken(today)).toEqual(what.map((one) => `order.placed${one}`)));
});

test('a name with a slash is escaped in its pointer', () => {
  const was = { e: event(Type.Object({ 'a/b~c': Type.String() })) };
  expect(breaksOf(was, { e: event(Type.Object({})) })[0]?.pointer).toBe('/data/properties/a~1b~0c');
});
