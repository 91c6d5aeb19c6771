/** Products as they are shown: amounts as decimals, pictures as links that expire. */
import type { Image, ImageSize, Product as ShownProduct } from '../../contracts/catalog.ts';
import { IMAGE_SIZES } from '../../contracts/catalog.ts';
import { fromMinor } from '../../contracts/money.ts';
import type { Clock } from '../../platform/clock.ts';
import type { BlobStore } from './blob-store.ts';
import { blobName } from './blob-store.ts';
import type { ImageRow, Product } from './product.ts';
import { shownPrices } from './product.ts';

export interface Shelf {
  /** Before anything is asked of it. */
  equip(blobs: BlobStore, key: Buffer): void;
  readonly blobs: BlobStore;
  /** Of links and cursors; the same in every replica. */
  readonly key: Buffer;
  image(row: ImageRow): Image;
  /** The same picture with links that are good from now on. */
  relinked(image: Image): Image;
  product(row: Product): ShownProduct;
}

export function createShelf(clock: Clock): Shelf {
  let equipment: { blobs: BlobStore; key: Buffer } | undefined;
  const use = () => {
    if (!equipment) throw new Error('the catalogue has not been prepared');
    return equipment;
  };

  function image({ sizes, ...row }: ImageRow): Image {
    const { blobs } = use();
    const now = clock.now();
    const linked = IMAGE_SIZES.map((size) => [size, { ...sizes[size], url: blobs.link(blobName(row.id, size), now) }]);
    return { ...row, sizes: Object.fromEntries(linked) as Record<ImageSize, Image['sizes']['small']> };
  }

  return {
    equip: (blobs, key) => {
      equipment = { blobs, key };
    },
    get blobs() {
      return use().blobs;
    },
    get key() {
      return use().key;
    },
    image,
    // Links replace links: what else an image says stays as it was.
    relinked: (shown) => image(shown),
    product: ({ archived_at, ...row }) => ({
      ...row,
      price: fromMinor(row.price, row.currency),
      prices: shownPrices(row.prices),
      images: row.images.map(image),
      ...(archived_at && { archived_at }),
    }),
  };
}
