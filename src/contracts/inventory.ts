/** Stock: held for orders all lines or none, never oversold, every movement in an append-only ledger. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import { NotEnoughStock, NotFound, ReservationEnded } from './problems.ts';
import {
  Cursor,
  Id,
  INT4,
  INT8,
  LIMITS,
  Limit,
  LimitOrAll,
  Line,
  nullable,
  ProductId,
  ProductIdIn,
  ProductIds,
  page,
  Quantity,
  Text,
  Time,
} from './shapes.ts';

export const StockStatus = Type.Enum(['in_stock', 'low_stock', 'out_of_stock']);
export type StockStatus = Static<typeof StockStatus>;

/** From how few on, where a product does not say: the catalogue's first guess and inventory's truth agree. */
export const DEFAULT_LOW_STOCK_THRESHOLD = 5;

export const Level = Type.Object({
  product_id: ProductId,
  on_hand: Type.Integer({ description: 'In the building' }),
  reserved: Type.Integer({ description: 'Held for orders that have not left' }),
  available: Type.Integer({ description: 'on_hand − reserved: what can be sold' }),
  low_stock_threshold: Type.Integer(),
  status: StockStatus,
  updated_at: Time,
});
export type Level = Static<typeof Level>;

/** For orders: deducted, restored, shipped. For reservations: reserved, committed, released, expired. */
export const MovementKind = Type.Enum([
  'opened',
  'deducted',
  'restored',
  'shipped',
  'replenished',
  'adjusted',
  'reserved',
  'committed',
  'released',
  'expired',
]);
export type MovementKind = Static<typeof MovementKind>;

export const Movement = Type.Object({
  id: Id,
  product_id: ProductId,
  kind: MovementKind,
  on_hand_delta: Type.Integer(),
  reserved_delta: Type.Integer(),
  order_id: nullable(Id),
  reservation_id: nullable(Id),
  reason: nullable(Type.String()),
  actor: nullable(Type.String()),
  at: Time,
});
export type Movement = Static<typeof Movement>;

const ByProduct = Type.Object({ product_id: ProductId });

export const ListLevels = endpoint('inventory.list', 'GET /inventory', {
  service: 'inventory',
  summary: 'Stock levels by product id',
  access: 'anyone',
  query: Type.Object(
    { ids: Type.Optional(ProductIds), status: Type.Optional(StockStatus), limit: LimitOrAll, cursor: Cursor },
    { additionalProperties: false },
  ),
  reply: page(Level),
});
export const GetLevel = endpoint('inventory.get', 'GET /inventory/{product_id}', {
  service: 'inventory',
  summary: 'The stock level of one product',
  access: 'anyone',
  params: ByProduct,
  reply: Level,
  problems: [NotFound],
});
export const ListMovements = endpoint('inventory.ledger', 'GET /inventory/{product_id}/ledger', {
  service: 'inventory',
  summary: 'Every movement of a product, newest first',
  access: 'admin',
  params: ByProduct,
  query: Type.Object({ limit: Limit, cursor: Cursor }, { additionalProperties: false }),
  reply: page(Movement),
  problems: [NotFound],
});
export const Replenish = endpoint('inventory.replenish', 'POST /inventory/{product_id}/replenish', {
  service: 'inventory',
  summary: 'Goods have arrived',
  access: 'admin',
  params: ByProduct,
  body: Type.Object(
    { quantity: Type.Integer({ minimum: 1, maximum: LIMITS.stock }), reason: Type.Optional(Text(500)) },
    { additionalProperties: false },
  ),
  reply: Level,
  problems: [NotFound, NotEnoughStock],
  idempotent: true,
});
export const Adjust = endpoint('inventory.adjust', 'POST /inventory/{product_id}/adjust', {
  service: 'inventory',
  summary: 'Correct a count (breakage, stocktaking); never below what is held for orders',
  access: 'admin',
  params: ByProduct,
  body: Type.Object(
    { delta: Type.Integer({ minimum: -LIMITS.stock, maximum: LIMITS.stock }), reason: Text(500) },
    { additionalProperties: false },
  ),
  reply: Level,
  problems: [NotFound, NotEnoughStock],
  idempotent: true,
});

export const ListAllMovements = endpoint('inventory.movements', 'GET /movements', {
  service: 'inventory',
  summary: 'The ledger of all products, newest first: of an order, a reservation, a kind',
  access: 'admin',
  query: Type.Object(
    {
      product_id: Type.Optional(ProductId),
      order_id: Type.Optional(Id),
      reservation_id: Type.Optional(Id),
      kind: Type.Optional(MovementKind),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
  reply: page(Movement),
});
export const AllocationStatus = Type.Enum(['held', 'refused', 'restored', 'shipped', 'void'], {
  description: 'void: the order had ended before its stock was asked for',
});
export type AllocationStatus = Static<typeof AllocationStatus>;
export const Allocation = Type.Object({
  order_id: Id,
  status: AllocationStatus,
  lines: Type.Array(Type.Object({ product_id: ProductId, quantity: Type.Integer() })),
});
export type Allocation = Static<typeof Allocation>;
export const GetAllocation = endpoint('inventory.allocation', 'GET /allocations/{order_id}', {
  service: 'inventory',
  summary: 'What was decided about the stock of an order; there is none before the order was heard of',
  access: 'admin',
  params: Type.Object({ order_id: Id }),
  reply: Allocation,
  problems: [NotFound],
});
export const ChangeLevel = endpoint('inventory.update', 'PATCH /inventory/{product_id}', {
  service: 'inventory',
  summary: 'Change from which level on stock counts as low',
  access: 'admin',
  params: ByProduct,
  body: Type.Object(
    { low_stock_threshold: Type.Integer({ minimum: 0, maximum: LIMITS.stock }) },
    { additionalProperties: false },
  ),
  reply: Level,
  problems: [NotFound],
});

const Wanted = Type.Array(
  Type.Object({ product_id: ProductIdIn, quantity: Quantity }, { additionalProperties: false }),
  { minItems: 1, maxItems: LIMITS.lines, description: 'The same product twice is one line with the sum' },
);
export const CheckStock = endpoint('inventory.check', 'POST /inventory/check', {
  service: 'inventory',
  summary: 'Could all of this be had right now? Holds nothing',
  access: 'anyone',
  body: Type.Object({ items: Wanted }, { additionalProperties: false }),
  reply: Type.Object({
    available: Type.Boolean({ description: 'All lines together' }),
    items: Type.Array(
      Type.Object({
        product_id: ProductId,
        quantity: Type.Integer(),
        available: Type.Integer(),
        status: StockStatus,
        sufficient: Type.Boolean(),
      }),
    ),
  }),
});

export const ReservationStatus = Type.Enum(['held', 'committed', 'released', 'expired']);
export const Reservation = Type.Object({
  id: Id,
  status: ReservationStatus,
  items: Type.Array(Type.Object({ product_id: ProductId, quantity: Type.Integer() })),
  reference: nullable(Type.String()),
  actor: nullable(Type.String()),
  expires_at: Time,
  created_at: Time,
  updated_at: Time,
});
export type Reservation = Static<typeof Reservation>;
const Ttl = Type.Integer({ minimum: 1, maximum: 86_400, description: 'Seconds from now' });
const ByReservation = Type.Object({ id: Id });

export const Reserve = endpoint('inventory.reserve', 'POST /reservations', {
  service: 'inventory',
  summary:
    'Hold stock for a time, all lines or none, for a till, a marketplace, a phone call; orders hold theirs by themselves',
  access: 'admin',
  body: Type.Object(
    {
      items: Wanted,
      ttl_seconds: Type.Optional({ ...Ttl, default: 900 }),
      reference: Type.Optional(Line(200)),
    },
    { additionalProperties: false },
  ),
  status: 201,
  reply: Reservation,
  problems: [NotEnoughStock],
  idempotent: true,
});
export const ListReservations = endpoint('inventory.reservations', 'GET /reservations', {
  service: 'inventory',
  summary: 'Reservations, newest first',
  access: 'admin',
  query: Type.Object(
    {
      status: Type.Optional(ReservationStatus),
      reference: Type.Optional(Text(200)),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
  reply: page(Reservation),
});
export const GetReservation = endpoint('inventory.reservation', 'GET /reservations/{id}', {
  service: 'inventory',
  summary: 'One reservation',
  access: 'admin',
  params: ByReservation,
  reply: Reservation,
  problems: [NotFound],
});
export const ExtendReservation = endpoint('inventory.extend', 'POST /reservations/{id}/extend', {
  service: 'inventory',
  summary: 'Hold it for longer, from now on; refused once its time is up',
  access: 'admin',
  params: ByReservation,
  body: Type.Object({ ttl_seconds: Ttl }, { additionalProperties: false }),
  reply: Reservation,
  problems: [NotFound, ReservationEnded],
});
export const CommitReservation = endpoint('inventory.commit', 'POST /reservations/{id}/commit', {
  service: 'inventory',
  summary: 'The goods are gone: they leave the books. Again is the same answer',
  access: 'admin',
  params: ByReservation,
  reply: Reservation,
  problems: [NotFound, ReservationEnded],
});
export const ReleaseReservation = endpoint('inventory.release', 'DELETE /reservations/{id}', {
  service: 'inventory',
  summary: 'Give the stock back at once. Again is the same answer',
  access: 'admin',
  params: ByReservation,
  problems: [NotFound, ReservationEnded],
});

const Lines = Type.Array(Type.Object({ product_id: ProductId, quantity: Quantity }));

export const StockDeducted = event('product.stock.deducted', {
  publisher: 'inventory',
  summary: 'All lines of an order are held',
  data: Type.Object({ order_id: Id, lines: Lines }),
  subject: 'order_id',
});
export const StockDeductionFailed = event('product.stock.deduction.failed', {
  publisher: 'inventory',
  summary: 'Nothing is held: at least one line is short',
  data: Type.Object({
    order_id: Id,
    reason: Type.String(),
    short: Type.Array(
      Type.Object({ product_id: ProductId, quantity: Type.Integer(INT8), available: Type.Integer(INT8) }),
    ),
  }),
  subject: 'order_id',
});
export const StockRestored = event('product.stock.restored', {
  publisher: 'inventory',
  summary: 'What an ended order held can be sold again',
  data: Type.Object({ order_id: Id, lines: Lines }),
  subject: 'order_id',
});
export const StockChanged = event('product.stock.changed', {
  publisher: 'inventory',
  summary: 'The level of a product, at most once a second: a hint for shop windows',
  data: Type.Object({
    product_id: ProductId,
    available: Type.Integer(INT8),
    status: StockStatus,
    version: Type.Integer(INT4),
  }),
  subject: 'product_id',
});
export const StockLow = event('product.stock.low', {
  publisher: 'inventory',
  summary: 'A product has just fallen to its threshold; told once until it recovers',
  data: Type.Object({ product_id: ProductId, available: Type.Integer(INT8), low_stock_threshold: Type.Integer(INT8) }),
  subject: 'product_id',
});
