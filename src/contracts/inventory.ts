/** Stock: held for orders all lines or none, never oversold, every movement in an append-only ledger. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import { NotEnoughStock, NotFound } from './problems.ts';
import { Cursor, Id, LIMITS, Limit, nullable, ProductId, page, Quantity, Text, Time } from './shapes.ts';

export const StockStatus = Type.Enum(['in_stock', 'low_stock', 'out_of_stock']);
export type StockStatus = Static<typeof StockStatus>;

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

export const Movement = Type.Object({
  id: Id,
  product_id: ProductId,
  kind: Type.Enum(['opened', 'deducted', 'restored', 'shipped', 'replenished', 'adjusted']),
  on_hand_delta: Type.Integer(),
  reserved_delta: Type.Integer(),
  order_id: nullable(Id),
  reason: nullable(Type.String()),
  actor: nullable(Type.String()),
  at: Time,
});

const ByProduct = Type.Object({ product_id: ProductId });

export const ListLevels = endpoint('inventory.list', 'GET /inventory', {
  service: 'inventory',
  summary: 'Stock levels by product id',
  access: 'anyone',
  query: Type.Object(
    { status: Type.Optional(StockStatus), limit: Limit, cursor: Cursor },
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
    short: Type.Array(Type.Object({ product_id: ProductId, quantity: Type.Integer(), available: Type.Integer() })),
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
    available: Type.Integer(),
    status: StockStatus,
    version: Type.Integer(),
  }),
  subject: 'product_id',
});
export const StockLow = event('product.stock.low', {
  publisher: 'inventory',
  summary: 'A product has just fallen to its threshold; told once until it recovers',
  data: Type.Object({ product_id: ProductId, available: Type.Integer(), low_stock_threshold: Type.Integer() }),
  subject: 'product_id',
});
