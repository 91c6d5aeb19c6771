/** The catalogue: what the shop sells. Its price is the price; a price sent by a client is only an assertion. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import {
  ExpiredLink,
  InvalidImage,
  InvalidLink,
  InvalidPrice,
  NotFound,
  ProductChanged,
  ProductExists,
  TooManyImages,
} from './problems.ts';
import {
  Amount,
  AmountIn,
  Currency,
  Cursor,
  Id,
  ImportReport,
  INT4,
  INT8,
  LIMITS,
  LimitOrAll,
  Line,
  ProductId,
  ProductIdIn,
  ProductIds,
  page,
  Text,
  Time,
} from './shapes.ts';

/** `{ "EUR": "18.50", "JPY": "2900" }` */
const Prices = Type.Record(Currency, Amount);
const PricesIn = Type.Record(Currency, AmountIn, {
  additionalProperties: false,
  maxProperties: 20,
  description: 'Prices in further currencies, each with the digits of its currency',
});

export const IMAGE_SIZES = ['small', 'medium', 'large'] as const;
export type ImageSize = (typeof IMAGE_SIZES)[number];

const ImageFile = Type.Object({ url: Type.String(), width: Type.Integer(), height: Type.Integer() });
export const Image = Type.Object({
  id: Id,
  alt: Type.String({ description: 'What it shows, for those who do not see it' }),
  width: Type.Integer({ description: 'Of the picture that was uploaded' }),
  height: Type.Integer(),
  sizes: Type.Object(
    { small: ImageFile, medium: ImageFile, large: ImageFile },
    {
      description:
        'WebP, at most 320, 800 and 1600 pixels a side; links are signed, expire, and stay the same for hours',
    },
  ),
});
export type Image = Static<typeof Image>;

export const Product = Type.Object({
  product_id: ProductId,
  name: Type.String(),
  description: Type.String(),
  category: Type.String(),
  price: Amount,
  currency: Currency,
  prices: Type.Record(Currency, Amount, { description: 'Every price by its currency, `price` among them' }),
  /** A hint kept through events; inventory has the truth. */
  availability: Type.Enum(['in_stock', 'low_stock', 'out_of_stock']),
  images: Type.Array(Image, { description: 'The first is the main one' }),
  version: Type.Integer(),
  created_at: Time,
  updated_at: Time,
  archived_at: Type.Optional(Time),
});
export type Product = Static<typeof Product>;

const editable = {
  name: Line(200),
  description: Type.Optional(Text(10_000, 0)),
  category: Type.Optional(Text(100, 0)),
  price: AmountIn,
  currency: Type.Optional(Currency),
  prices: Type.Optional(PricesIn),
};
const ById = Type.Object({ product_id: ProductId });

export const CreateProduct = endpoint('catalog.create', 'POST /products', {
  service: 'catalog',
  summary: 'Add a product, with its opening stock; one that was archived keeps the stock it has',
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

export const SORTS = ['relevance', 'name', 'price', '-price', 'newest'] as const;
const filters = {
  ids: Type.Optional(ProductIds),
  search: Type.Optional(Text(200)),
  category: Type.Optional(Text(100)),
  min_price: Type.Optional(AmountIn),
  max_price: Type.Optional(AmountIn),
  currency: Type.Optional(Currency),
  availability: Type.Optional(
    Type.Enum(['available', 'in_stock', 'low_stock', 'out_of_stock'], {
      description: 'available: in_stock or low_stock',
    }),
  ),
  archived: Type.Optional(Type.Boolean({ description: 'What is no longer sold; for admins' })),
  sort: Type.Optional(Type.Enum([...SORTS])),
};
export const ListProducts = endpoint('catalog.list', 'GET /products', {
  service: 'catalog',
  summary:
    'List or search products: by relevance (then id) when searching, else by name (then id); sort=price (then id), -price ' +
    '(then id, descending) or newest (then id, descending). A search is words of name, category, description or SKU, the ' +
    'last of them perhaps unfinished, or a "phrase", -exclusions and alternatives with or; of more than 5,000 that match, ' +
    '5,000 are ranked by relevance, those with this very name or id among them, and other orders list all. Price limits and price order ' +
    'mean prices in `currency` (the shop’s own if not given) and leave out products that have none in it',
  access: 'anyone',
  query: Type.Object({ ...filters, limit: LimitOrAll, cursor: Cursor }, { additionalProperties: false }),
  reply: Type.Object({
    ...page(Product).properties,
    corrected_search: Type.Optional(
      Type.String({ description: 'What was searched for instead, because nothing has the words as they were written' }),
    ),
  }),
});
export const ExportProducts = endpoint('catalog.export', 'GET /products/export', {
  service: 'catalog',
  summary:
    'All products of a list as CSV, one a line, for spreadsheets; a few at a time. A transfer that breaks off is not the whole',
  access: 'admin',
  query: Type.Object(filters, { additionalProperties: false }),
  media: 'text/csv',
  streams: true,
});
export const MAX_IMPORT_BYTES = 2 * 1024 * 1024;
export const MAX_IMPORT_LINES = 500;
export const ImportProducts = endpoint('catalog.import', 'POST /products/import', {
  service: 'catalog',
  summary:
    'Add and change products by CSV (UTF-8; commas, semicolons or tabs): the first line names the columns, those of the export ' +
    'and `stock` and `low_stock_threshold`, which count for new products only. Each line is done whole or refused; a column that is not there ' +
    'changes nothing, and the same file again changes nothing. At most 500 lines and 2 MiB; `npm run import` sends longer files in parts',
  access: 'admin',
  query: Type.Object({ dry_run: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
  raw: { types: ['text/csv'], maxBytes: MAX_IMPORT_BYTES, schema: Type.String() },
  reply: ImportReport,
});
export const ListCategories = endpoint('catalog.categories', 'GET /categories', {
  service: 'catalog',
  summary: 'Every category that has products for sale, by name; counted at most a few seconds ago',
  access: 'anyone',
  reply: Type.Object({ items: Type.Array(Type.Object({ name: Type.String(), products: Type.Integer() })) }),
});
export const GetProduct = endpoint('catalog.get', 'GET /products/{product_id}', {
  service: 'catalog',
  summary: 'One product; admins see archived ones too',
  access: 'anyone',
  params: ById,
  reply: Product,
  problems: [NotFound],
});
export const UpdateProduct = endpoint('catalog.update', 'PATCH /products/{product_id}', {
  service: 'catalog',
  summary:
    'Change a product; orders already placed keep their price. `prices` replaces all further prices. With the `version` that ' +
    'was read: 409 with the `product` that there is now, when somebody else was faster; what it is already changes nothing',
  access: 'admin',
  params: ById,
  body: Type.Object(
    {
      ...Type.Partial(Type.Object(editable)).properties,
      version: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 2_147_483_646, description: 'Of the product that was read' }),
      ),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
  reply: Product,
  problems: [NotFound, InvalidPrice, ProductChanged],
});
export const DeleteProduct = endpoint('catalog.delete', 'DELETE /products/{product_id}', {
  service: 'catalog',
  summary: 'Stop selling a product: it is archived with its pictures and can be restored; orders keep their own copy',
  access: 'admin',
  params: ById,
  problems: [NotFound],
});
export const RestoreProduct = endpoint('catalog.restore', 'POST /products/{product_id}/restore', {
  service: 'catalog',
  summary: 'Sell an archived product again, as it was; one that is for sale stays as it is',
  access: 'admin',
  params: ById,
  reply: Product,
  problems: [NotFound],
});

/** Bytes of a picture, and of the form around it. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
export const MAX_IMAGES = 8;

export const UploadImage = endpoint('catalog.image.upload', 'POST /products/{product_id}/image', {
  service: 'catalog',
  summary:
    'Add a picture (multipart/form-data: one file, optionally a text field `alt`): JPEG, PNG, WebP, AVIF or GIF of at most ' +
    '10 MiB, 12,000 pixels a side and 40 megapixels, at most 8 a product. The same picture is not added twice',
  access: 'admin',
  params: ById,
  raw: {
    types: ['multipart/form-data'],
    maxBytes: MAX_IMAGE_BYTES + 64 * 1024,
    schema: Type.Object({ file: Type.String({ format: 'binary' }), alt: Type.Optional(Text(500, 0)) }),
  },
  status: 201,
  reply: Image,
  problems: [NotFound, InvalidImage, TooManyImages],
  idempotent: true,
});
export const ArrangeImages = endpoint('catalog.image.arrange', 'PUT /products/{product_id}/images', {
  service: 'catalog',
  summary: 'Put all pictures of a product in order (the first is the main one), and change their alt texts',
  access: 'admin',
  params: ById,
  body: Type.Object(
    {
      images: Type.Array(Type.Object({ id: Id, alt: Type.Optional(Text(500, 0)) }, { additionalProperties: false }), {
        maxItems: MAX_IMAGES,
      }),
    },
    { additionalProperties: false },
  ),
  reply: Product,
  problems: [NotFound],
});
export const DeleteImage = endpoint('catalog.image.delete', 'DELETE /products/{product_id}/images/{image_id}', {
  service: 'catalog',
  summary: 'Remove a picture',
  access: 'admin',
  params: Type.Object({ product_id: ProductId, image_id: Id }),
  problems: [NotFound],
});
export const ServeImage = endpoint('catalog.image.serve', 'GET /api/images/{name}', {
  service: 'catalog',
  summary: 'A picture, by the signed link in a product, where the shop keeps its pictures itself',
  access: 'anyone',
  publicPaths: ['/api/images/{name}'],
  params: Type.Object({ name: Type.String({ pattern: '^[0-9a-f-]{36}-(small|medium|large)\\.webp$', maxLength: 48 }) }),
  query: Type.Object(
    {
      expires: Type.Integer({ minimum: 0, maximum: 99_999_999_999, description: 'Seconds since 1970' }),
      signature: Type.String({ maxLength: 100 }),
    },
    { additionalProperties: false },
  ),
  headers: ['if-none-match'],
  media: 'image/webp',
  problems: [NotFound, InvalidLink, ExpiredLink],
});

const Data = Type.Object({
  product_id: ProductId,
  name: Type.String(),
  price: Amount,
  currency: Currency,
  /** Every price by its currency, `price` among them; events of older releases have none. */
  prices: Type.Optional(Prices),
  /** Grows with each change: an older event never overwrites a newer one. */
  version: Type.Integer(INT4),
});

export const ProductCreated = event('product.created', {
  publisher: 'catalog',
  summary: 'A product is for sale; inventory opens its stock',
  data: Type.Object({
    ...Data.properties,
    stock: Type.Integer({ ...INT8, minimum: 0 }),
    low_stock_threshold: Type.Optional(Type.Integer({ ...INT8, minimum: 0 })),
  }),
  subject: 'product_id',
});
export const ProductUpdated = event('product.updated', {
  publisher: 'catalog',
  summary: 'Something about a product has changed',
  data: Data,
  subject: 'product_id',
});
export const ProductDeleted = event('product.deleted', {
  publisher: 'catalog',
  summary: 'A product is no longer sold',
  data: Type.Object({ product_id: ProductId, version: Type.Integer(INT4) }),
  subject: 'product_id',
});
