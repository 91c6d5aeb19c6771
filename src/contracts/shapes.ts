/**
 * Shapes that several rooms share. On the wire everything is snake_case; money is a decimal string with its currency.
 * The description of a shape with a pattern, a format or branches reads on from "must be": people are told so.
 */

import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';

export const LIMITS = {
  /** Lines of one order. */
  lines: 100,
  /** Units of one product in one order. */
  quantity: 10_000,
  /** Units of one product in stock. */
  stock: 1_000_000_000,
  page: 200,
  /** Characters. */
  email: 254,
  passwordMin: 8,
  password: 200,
  /** Products asked for by their ids at once. */
  batch: 100,
} as const;

/** What PostgreSQL's `integer` holds: for the versions in events, which no handler could store otherwise. */
export const INT4 = { minimum: -2_147_483_648, maximum: 2_147_483_647 } as const;
/** What its `bigint` holds, and JavaScript exactly: for the numbers and counts in events. */
export const INT8 = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const;

/** The length refuses RFC 9562's urn:uuid: form, which the format allows and PostgreSQL does not read. */
export const Id = Type.String({ format: 'uuid', maxLength: 36, description: 'an id (UUIDv7)' });
export const Time = Type.String({ format: 'date-time' });
/** A time in a request: the format allows years and zones that PostgreSQL does not read, and leap seconds. */
export const TimeIn = Type.String({
  format: 'date-time',
  pattern: '^(?!.*:60)[1-9].*([Zz]|[+-](0\\d|1[0-4]):?\\d\\d)$',
  description: 'a time (RFC 3339), such as 2026-01-31T12:00:00Z',
});
export const Email = Type.String({
  format: 'email',
  maxLength: LIMITS.email,
  description: 'an e-mail address, such as you@example.com',
});
/** As people write it down; whether an SMS can reach it is asked when one is wished for. */
export const Phone = Type.String({
  pattern: '^\\+?[0-9 ()./-]{5,30}$',
  description: 'a phone number, such as +49 30 123456',
});
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'a currency code (ISO 4217), such as EUR' });
export const Amount = Type.String({
  pattern: '^\\d{1,13}(\\.\\d{1,4})?$',
  description: 'a decimal amount, such as "19.99"',
});
/** Requests may send money as a JSON number too; it is read by its shortest decimal form. */
export const AmountIn = Type.Union([Amount, Type.Number({ minimum: 0, maximum: 9_999_999_999 })], {
  description: 'a decimal amount, as text ("19.99") or a number (19.99); never negative',
});
/** The merchant's own id (a SKU). Requests may send a number; it is read as a string. */
export const ProductId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'a product id (SKU): letters, digits, points, underscores and hyphens, at most 64',
});
export const ProductIdIn = Type.Union([ProductId, Type.Integer({ minimum: 0, maximum: 999_999_999_999 })]);
/** Several ids in one parameter of a query. */
export const ProductIds = Type.String({
  pattern: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(,[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,${LIMITS.batch - 1}}$`,
  maxLength: LIMITS.batch * 65,
  description: `a list of at most ${LIMITS.batch} product ids, separated by commas; those that there are not are left out`,
});
const UUID = '[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}';
export const Ids = Type.String({
  pattern: `^${UUID}(,${UUID}){0,${LIMITS.batch - 1}}$`,
  maxLength: LIMITS.batch * 37,
  description: `a list of at most ${LIMITS.batch} ids, separated by commas; those that there are not are left out`,
});
export const Quantity = Type.Integer({ minimum: 1, maximum: LIMITS.quantity });
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CLEAN = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]*$/u.source;
/** No control characters, and no half of a surrogate pair: PostgreSQL would keep another text than was sent. */
export const Text = (maxLength: number, minLength = 1) =>
  Type.String({ minLength, maxLength, pattern: CLEAN, description: 'text without control characters' });

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const ONE_LINE = /^[^\u0000-\u001f\ud800-\udfff]*$/u.source;
/** Text without line ends: names, which go into the heads of mails. */
export const Line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: ONE_LINE, description: 'one line of text' });

/** What nobody may add to. */
export const closed = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

/** A message's attempt to be handled. */
export const FailedAttempt = Type.Object({ at: Time, error: Type.String() });
export const FailedAttempts = Type.Array(FailedAttempt, { description: 'Each attempt that failed' });

export const Channel = Type.Enum(['email', 'sms']);
export type Channel = Static<typeof Channel>;
/** How somebody wants to be told. */
export const NotifyBy = Type.Array(Channel, { minItems: 1, maxItems: 2, uniqueItems: true });
/** A phone number that an SMS can reach (E.164), however it is punctuated. */
export const InternationalPhone = /^\+[1-9][0-9 ()./-]{6,29}$/;

export const Address = Type.Object(
  {
    name: Type.Optional(Text(200)),
    line1: Text(200),
    line2: Type.Optional(Text(200, 0)),
    city: Text(100),
    region: Type.Optional(Text(100, 0)),
    postal_code: Type.Optional(Text(20, 0)),
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'a country code (ISO 3166-1 alpha-2), such as DE' }),
  },
  { additionalProperties: false },
);
/** The seeds send an address as one line of text; shops that ship send its parts. */
export const AddressIn = Type.Union([Address, Text(1000)]);

/** The longest that we give out holds a name of 200 characters and a search of as many, four bytes each: 2,300. */
export const Cursor = Type.Optional(Type.String({ maxLength: 4000, description: '`next_cursor` of the page before' }));
export const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.page, default: 50 }));
/** Of lists that can be asked for by ids: those are answered at once. */
export const LimitOrAll = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: LIMITS.page,
    description: '50 unless given; with `ids` as many as there are ids',
  }),
);
export const PageQuery = closed({ limit: Limit, cursor: Cursor });

/** A keyset page; `next_cursor` is null on the last one. */
export const page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next_cursor: Type.Union([Type.String(), Type.Null()]) });

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const GuestToken = Type.Object(
  { token: Type.Optional(Type.String({ maxLength: 100, description: "A guest's key to their order" })) },
  { additionalProperties: false },
);
const Deleted = Type.Optional(Type.Boolean({ description: 'For admins: also an order that was deleted' }));
/** Who reads an order: a guest by their key, an admin also one that was deleted. */
export const Seen = Type.Object({ ...GuestToken.properties, deleted: Deleted }, { additionalProperties: false });
export type Seen = Static<typeof Seen>;

/** What an import did, or would do: every line that changes something, and every one that was refused, with all its faults. */
export const ImportReport = Type.Object({
  dry_run: Type.Boolean({ description: 'Nothing was changed' }),
  lines: Type.Integer({ description: 'Without the first, which names the columns' }),
  created: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
  changes: Type.Array(
    Type.Object({
      line: Type.Integer(),
      id: Type.String(),
      action: Type.Enum(['created', 'changed']),
      cells: Type.Array(Type.Object({ column: Type.String(), from: Type.Optional(Type.String()), to: Type.String() }), {
        description: 'Long texts are cut',
      }),
    }),
  ),
  faults: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'Of the file, counted from 1: where it begins' }),
      id: Type.String({ description: 'As it is written there; empty where none is' }),
      errors: Type.Array(Type.Object({ column: Type.String(), detail: Type.String() })),
    }),
  ),
});
export type ImportReport = Static<typeof ImportReport>;
