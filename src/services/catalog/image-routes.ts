/**
 * Pictures of products. An upload writes a row that says which blobs it is about to write, then the blobs, then the row
 * becomes part of the product. Killed anywhere in between, it leaves a row that a worker finds and clears away.
 * Decoding and the blob store are outside of every transaction.
 */
import { createHash } from 'node:crypto';
import type { Image } from '../../contracts/catalog.ts';
import {
  ArrangeImages,
  DeleteImage,
  IMAGE_SIZES,
  MAX_IMAGES,
  ServeImage,
  UploadImage,
} from '../../contracts/catalog.ts';
import { ExpiredLink, InvalidLink, NotFound, TooManyImages } from '../../contracts/problems.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route, serialize, storedReply } from '../../platform/dispatch.ts';
import type { IdempotencyKey } from '../../platform/idempotency.ts';
import { findReplies, once } from '../../platform/idempotency.ts';
import type { Logger } from '../../platform/log.ts';
import type { Fault } from '../../platform/problem.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { BlobStoreAway, blobName, CACHE_CONTROL } from './blob-store.ts';
import type { Shelf } from './shelf.ts';
import { isSignature } from './signed-link.ts';
import { findProduct, lockProduct } from './store.ts';
import { arrangeImages, attachImage, findSameImage, giveUpImage, insertImages, removeImage } from './store-images.ts';
import type { Picture, Studio } from './studio.ts';
import { readUploadForm } from './upload-form.ts';

/** An upload that was not finished by then never will be. */
const UNFINISHED_MS = 3_600_000;
const RETRY_AFTER = { 'retry-after': '5' };

export interface ImageRoutesOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  shelf: Shelf;
  studio: () => Promise<Studio>;
}

export function createImageRoutes({ db, clock, log, shelf, studio }: ImageRoutesOptions): Route[] {
  /** A reply may have been stored for a day, and outlived the links in it. */
  async function uploadOrReplay(request: Request<typeof UploadImage>) {
    const reply = await upload(request);
    if (isRejection(reply)) return reply;
    return { ...reply, text: serialize(UploadImage, shelf.relinked(JSON.parse(reply.text))) };
  }

  async function upload({ params: { product_id }, raw, headers, key }: Request<typeof UploadImage>) {
    const form = await readUploadForm(raw, headers['content-type']);
    if (isRejection(form)) return form;
    const digest = createHash('sha256').update(form.file).digest('base64url');
    // Forms differ in the boundary that a browser makes up; the picture is what makes two of them the same.
    const own = key && { ...key, fingerprint: `${digest} ${form.alt}` };
    const [known] = await findReplies({ query: db.query, now: clock.now() }, [own]);
    if (known) return known;
    const product = await findProduct(db, product_id);
    if (!product || product.archived_at) return reject(NotFound);
    const same = await findSameImage(db, product_id, digest);
    if (same) return once(db, own, async () => created(shelf.image(same)));
    if (product.images.length >= MAX_IMAGES) return reject(TooManyImages);

    const picture = await (await studio()).render(form.file);
    if (isRejection(picture)) return picture;
    const id = await write(product_id, picture, form.alt, digest);
    if (id === undefined) {
      const detail = 'pictures cannot be stored right now; nothing has changed';
      return reject(common.unavailable, { detail, headers: RETRY_AFTER });
    }
    return attach(id, product_id, digest, own);
  }

  /** The row, then the blobs; undefined when the store is away. */
  async function write(product_id: string, picture: Picture, alt: string, digest: string) {
    const now = clock.now();
    const id = newId(now.getTime());
    const { width, height, sizes } = picture;
    const boxes = Object.fromEntries(
      IMAGE_SIZES.map((size) => [size, { width: sizes[size].width, height: sizes[size].height }]),
    ) as Record<keyof typeof sizes, { width: number; height: number }>;
    const due_at = new Date(now.getTime() + UNFINISHED_MS);
    const row = { id, product_id, alt, width, height, sizes: boxes, digest, source: null, position: 0, due_at };
    await insertImages(db, [{ ...row, state: 'writing' }]);
    // Every one of them ends before we go on: a late one must not come after the worker that clears away.
    const writes = await Promise.allSettled(
      IMAGE_SIZES.map((size) => shelf.blobs.put(blobName(id, size), sizes[size].bytes)),
    );
    const failed = writes.find((one) => one.status === 'rejected');
    if (!failed) return id;
    await giveUpImage(db, id, clock.now());
    if (!(failed.reason instanceof BlobStoreAway)) throw failed.reason;
    log.warn({ err: failed.reason, product_id }, 'picture not stored');
    return undefined;
  }

  async function attach(id: string, product_id: string, digest: string, key: IdempotencyKey | undefined) {
    const reply = await once(db, key, async (tx) => {
      const product = await lockProduct(tx, product_id);
      if (!product || product.archived_at) return reject(NotFound);
      const same = await findSameImage(tx, product_id, digest);
      if (same) return created(shelf.image(same));
      if (product.images.length >= MAX_IMAGES) return reject(TooManyImages);
      const attached = await attachImage(tx, id, product_id);
      if (attached) return created(shelf.image(attached));
      return reject(common.unavailable, { detail: 'the upload took too long', headers: RETRY_AFTER });
    });
    // Does nothing to a row that is part of its product.
    await giveUpImage(db, id, clock.now());
    return reply;
  }

  async function arrange({ params: { product_id }, body: { images } }: Request<typeof ArrangeImages>) {
    return db.transaction(async (tx: Tx) => {
      const product = await lockProduct(tx, product_id);
      if (!product || product.archived_at) return reject(NotFound);
      const asked = images.map(({ id }) => id.toLowerCase());
      const errors = faultsOf(
        asked,
        product.images.map(({ id }) => id),
      );
      if (errors.length > 0) return reject(common.invalid, { errors });
      const arranged = images.map(({ alt }, i) => {
        const image = product.images.find(({ id }) => id === asked[i]) as (typeof product.images)[number];
        return { ...image, alt: alt ?? image.alt };
      });
      arrangeImages(tx, product_id, arranged);
      return { body: shelf.product({ ...product, images: arranged }) };
    });
  }

  async function remove({ params }: Request<typeof DeleteImage>) {
    const removed = await db.transaction((tx) => removeImage(tx, params.image_id, params.product_id));
    return removed ? {} : reject(NotFound);
  }

  async function serve({ params: { name }, query: { expires, signature }, headers }: Request<typeof ServeImage>) {
    if (!isSignature(shelf.key, name, expires, signature)) return reject(InvalidLink);
    const left = expires - Math.floor(clock.now().getTime() / 1000);
    if (left <= 0) return reject(ExpiredLink);
    const etag = `"${name}"`;
    // What is behind a name never changes; who has it may keep it while the link lasts.
    const cached = { etag, 'cache-control': CACHE_CONTROL.replace(/max-age=\d+/, `max-age=${left}`) };
    if (matches(headers['if-none-match'], etag)) return { status: 304, headers: cached };
    const bytes = await shelf.blobs.read(name);
    if (!bytes) return reject(NotFound);
    return { bytes, headers: { ...cached, 'content-disposition': `inline; filename="${name}"` } };
  }

  return [
    route(UploadImage, uploadOrReplay),
    route(ArrangeImages, arrange),
    route(DeleteImage, remove),
    route(ServeImage, serve),
  ];
}

function created(image: Image) {
  return storedReply(UploadImage, image);
}

/** Each of the product's pictures once, and no other. */
function faultsOf(asked: readonly string[], existing: readonly string[]): Fault[] {
  const odd = asked.flatMap((id, i): Fault[] => {
    const pointer = `/images/${i}/id`;
    if (!existing.includes(id)) return [{ pointer, detail: 'is no picture of this product' }];
    return asked.indexOf(id) < i ? [{ pointer, detail: 'is named twice' }] : [];
  });
  const missing = existing.filter((id) => !asked.includes(id));
  if (missing.length > 0) odd.push({ pointer: '/images', detail: `must name every picture: ${missing.join(', ')}` });
  return odd;
}

/** RFC 9110, section 13.1.2: a list of tags, or a star. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
