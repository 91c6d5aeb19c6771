/** The catalogue: what the shop sells. Its price is the price; a price sent by a client is only an assertion. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import { InvalidPrice, NotFound, ProductExists } from './problems.ts';
import {
  Amount,
  AmountIn,
  Currency,
  Cursor,
  LIMITS,
  Limit,
  Line,
  ProductId,
  ProductIdIn,
  page,
  Text,
  Time,
} from './shapes.ts';

export const Product = Type.Object({
  product_id: ProductId,
  name: Type.String(),
  description: Type.String(),
  category: Type.String(),
  price: Amount,
  currency: Currency,
  /** A hint kept through events; inventory has the truth. */
  availability: Type.Enum(['in_stock', 'low_stock', 'out_of_stock']),
  version: Type.Integer(),
  created_at: Time,
  updated_at: Time,
});
export type Product = Static<typeof Product>;

const editable = {
  name: Line(200),
  description: Type.Optional(Text(10_000, 0)),
  category: Type.Optional(Text(100, 0)),
  price: AmountIn,
  currency: Type.Optional(Currency),
};
const ById = Type.Object({ product_id: ProductId });

export const CreateProduct = endpoint('catalog.create', 'POST /products', {
  service: 'catalog',
  summary: 'Add a product, with its opening stock; one that was deleted keeps the stock it has',
  access: 'admin',
  body: Type.Object(
    {
      product_id: Type.Optional(ProductIdIn),
      ...editable,
      stock: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.stock, default: 0 })),
      low_stock_threshold: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.stock })),
    },
    { additionalProperties: false },
  ),
  status: 201,
  reply: Product,
  problems: [ProductExists, InvalidPrice],
});
export const ListProducts = endpoint('catalog.list', 'GET /products', {
  service: 'catalog',
  summary: 'List products by name, then id',
  access: 'anyone',
  query: Type.Object(
    { search: Type.Optional(Text(200)), category: Type.Optional(Text(100)), limit: Limit, cursor: Cursor },
    { additionalProperties: false },
  ),
  reply: page(Product),
});
export const GetProduct = endpoint('catalog.get', 'GET /products/{product_id}', {
  service: 'catalog',
  summary: 'One product',
  access: 'anyone',
  params: ById,
  reply: Product,
  problems: [NotFound],
});
export const UpdateProduct = endpoint('catalog.update', 'PATCH /products/{product_id}', {
  service: 'catalog',
  summary: 'Change a product; orders already placed keep their price',
  access: 'admin',
  params: ById,
  body: Type.Partial(Type.Object(editable), { additionalProperties: false, minProperties: 1 }),
  reply: Product,
  problems: [NotFound, InvalidPrice],
});
export const DeleteProduct = endpoint('catalog.delete', 'DELETE /products/{product_id}', {
  service: 'catalog',
  summary: 'Stop selling a product; orders that refer to it keep their copy',
  access: 'admin',
  params: ById,
  problems: [NotFound],
});

const Data = Type.Object({
  product_id: ProductId,
  name: Type.String(),
  price: Amount,
  currency: Currency,
  /** Grows with each change: an older event never overwrites a newer one. */
  version: Type.Integer(),
});

export const ProductCreated = event('product.created', {
  publisher: 'catalog',
  summary: 'A product is for sale; inventory opens its stock',
  data: Type.Object({ ...Data.properties, stock: Type.Integer(), low_stock_threshold: Type.Optional(Type.Integer()) }),
  subject: 'product_id',
});
export const ProductUpdated = event('product.updated', {
  publisher: 'catalog',
  summary: 'Name or price has changed',
  data: Data,
  subject: 'product_id',
});
export const ProductDeleted = event('product.deleted', {
  publisher: 'catalog',
  summary: 'A product is no longer sold',
  data: Type.Object({ product_id: ProductId, version: Type.Integer() }),
  subject: 'product_id',
});
