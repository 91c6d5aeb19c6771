/** Opens the sample shop in an empty catalogue. Its pictures are copied into the blob store behind its back. */
import { ProductCreated } from '../../contracts/catalog.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { isRejection } from '../../platform/problem.ts';
import { BOXES } from './picture.ts';
import type { NewProduct } from './product.ts';
import { openingAvailability, readPrices } from './product.ts';
import { announced } from './routes.ts';
import type { SampleProduct } from './sample-products.ts';
import { SAMPLE_PRODUCTS } from './sample-products.ts';
import { insertProducts, isEmpty } from './store.ts';
import type { NewImage } from './store-images.ts';
import { insertImages } from './store-images.ts';

const CURRENCY = 'USD';
/** All pictures are squares of the largest size. */
const SIZES = Object.fromEntries(
  Object.entries(BOXES).map(([size, side]) => [size, { width: side, height: side }]),
) as NewImage['sizes'];

function productOf({ stock, price, prices = {}, pictures: _pictures, ...facts }: SampleProduct): NewProduct {
  const read = readPrices({ price, currency: CURRENCY, prices });
  if (isRejection(read)) throw new Error(`${facts.product_id} has a price that does not fit its currency`);
  return { ...facts, ...read, currency: CURRENCY, availability: openingAvailability(stock) };
}

function imagesOf({ product_id, pictures }: SampleProduct, now: Date): NewImage[] {
  return Object.entries(pictures).map(([source, alt], i) => ({
    id: newId(now.getTime()),
    product_id,
    state: 'sample',
    position: i + 1,
    alt,
    width: BOXES.large,
    height: BOXES.large,
    sizes: SIZES,
    digest: `sample ${source}`,
    source,
    due_at: now,
  }));
}

/**
 * Fills an empty catalogue, in one transaction and once, however many replicas start. A catalogue that ever had a
 * product, archived ones included, is left alone. Of replicas that both found it empty the second waits for the first
 * one's rows and then has nothing to insert or announce. Answers with the ids of the messages that tell of it.
 */
export async function loadSampleShop(db: Database): Promise<string[]> {
  return db.transaction(async (tx) => {
    if (!(await isEmpty(tx))) return [];
    const inserted = await insertProducts(tx, SAMPLE_PRODUCTS.map(productOf));
    const created = new Map(inserted.map((product) => [product.product_id, product]));
    const fresh = SAMPLE_PRODUCTS.filter(({ product_id }) => created.has(product_id));
    if (fresh.length === 0) return [];
    await insertImages(
      tx,
      fresh.flatMap((product) => imagesOf(product, tx.now)),
    );
    return fresh.map(({ product_id, stock }) => {
      const product = created.get(product_id) as (typeof inserted)[number];
      return tx.send(ProductCreated, { ...announced(product), stock });
    });
  });
}
