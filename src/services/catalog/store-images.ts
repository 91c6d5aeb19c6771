/** All SQL of pictures: rows that come before their blobs and go after them. */
import type { Tx } from '../../platform/database.ts';
import { columns, sql } from '../../platform/database.ts';
import type { ImageRow } from './product.ts';

type Queryable = Pick<Tx, 'query'>;
type Write = Pick<Tx, 'write'>;

const INSERT_IMAGES = sql(`
  insert into images (id, product_id, state, position, alt, width, height, sizes, digest, source, due_at)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::int[], $7::int[], $8::json[],
    $9::text[], $10::text[], $11::timestamptz[])`);
const IMAGE = 'id, alt, width, height, sizes';
const FIND_SAME_IMAGE = sql(`
  select ${IMAGE} from images where product_id = $1 and state = 'attached' and digest = $2`);
const ATTACH = sql(`
  update images set state = 'attached', due_at = null,
    position = (select coalesce(max(position), 0) + 1 from images where product_id = $2 and state = 'attached')
  where id = $1 and state = 'writing' returning ${IMAGE}`);
const GIVE_UP = sql(`update images set state = 'removed', due_at = $2 where id = $1 and state = 'writing'`);
const REMOVE_IMAGE = sql(`
  update images set state = 'removed', due_at = $3
  where id = $1 and product_id = $2 and state = 'attached' returning id`);
const REMOVE_ALL_IMAGES = sql(`
  update images set state = 'removed', due_at = $2 where product_id = any($1::text[]) and state in ('attached', 'sample')`);
const ARRANGE = sql(`
  update images set position = new.position, alt = new.alt
  from unnest($2::uuid[], $3::int[], $4::text[]) as new (id, position, alt)
  where images.id = new.id and product_id = $1 and state = 'attached'`);
const DUE = `ctid = any (array(select ctid from images where state = any($3::text[]) and due_at <= $1
  order by due_at limit $4 for update skip locked))`;
const CLAIM_REMOVED = sql(`update images set state = 'removed', due_at = $2 where ${DUE} returning id`);
const CLAIM_SAMPLES = sql(`update images set due_at = $2 where ${DUE} returning id, source`);
const FORGET_IMAGES = sql(`delete from images where id = any($1::uuid[]) and state = 'removed'`);
const ATTACH_SAMPLES = sql(`
  update images set state = 'attached', due_at = null where id = any($1::uuid[]) and state = 'sample'`);

const SHOWN = sql(`select id from images where state = 'attached' order by id`);

/** Blobs outlive their row's removal a little: pages that are open keep their pictures, and a write that is still on its
 * way arrives before the removal and not after it. */
const GRACE_MS = 5 * 60_000;
const afterGrace = (now: Date) => new Date(now.getTime() + GRACE_MS);

export interface NewImage extends ImageRow {
  product_id: string;
  state: 'writing' | 'sample';
  position: number;
  digest: string;
  source: string | null;
  due_at: Date;
}

export async function insertImages(db: Queryable, images: readonly NewImage[]): Promise<void> {
  const rows = images.map((image) => ({ ...image, sizes: JSON.stringify(image.sizes) }));
  await db.query(INSERT_IMAGES, [
    ...columns(rows, 'id', 'product_id', 'state', 'position', 'alt', 'width', 'height', 'sizes', 'digest', 'source'),
    ...columns(rows, 'due_at'),
  ]);
}

export async function findSameImage(db: Queryable, productId: string, digest: string): Promise<ImageRow | undefined> {
  return (await db.query<ImageRow>(FIND_SAME_IMAGE, [productId, digest]))[0];
}

/** Undefined when the row is gone or taken away: it came too late. */
export async function attachImage(tx: Tx, id: string, productId: string): Promise<ImageRow | undefined> {
  return (await tx.query<ImageRow>(ATTACH, [id, productId]))[0];
}

/** Leaves what an upload has written to the worker that removes it. */
export async function giveUpImage(db: Queryable, id: string, now: Date): Promise<void> {
  await db.query(GIVE_UP, [id, afterGrace(now)]);
}

export async function removeImage(tx: Tx, id: string, productId: string): Promise<boolean> {
  return (await tx.query(REMOVE_IMAGE, [id, productId, afterGrace(tx.now)])).length > 0;
}

/** What products had before they were archived; they are sold again without. */
export function removeAllImages(tx: Write, productIds: readonly string[], now: Date): void {
  tx.write(REMOVE_ALL_IMAGES, [productIds, afterGrace(now)]);
}

export function arrangeImages(tx: Write, productId: string, images: readonly { id: string; alt: string }[]): void {
  const rows = images.map((image, i) => ({ ...image, position: i + 1 }));
  tx.write(ARRANGE, [productId, ...columns(rows, 'id', 'position', 'alt')]);
}

/** Pictures whose blobs are to be removed: removed ones, and uploads that were never finished. */
export function claimRemoved(db: Queryable, limit: number, now: Date, until: Date): Promise<{ id: string }[]> {
  return db.query(CLAIM_REMOVED, [now, until, ['removed', 'writing'], limit]);
}

export function shownImages(db: Queryable): Promise<{ id: string }[]> {
  return db.query(SHOWN);
}

export type SampleImage = { id: string; source: string };

export function claimSamples(db: Queryable, limit: number, now: Date, until: Date): Promise<SampleImage[]> {
  return db.query(CLAIM_SAMPLES, [now, until, ['sample'], limit]);
}

export function forgetImages(tx: Write, ids: readonly string[]): void {
  tx.write(FORGET_IMAGES, [ids]);
}

export function attachSamples(tx: Write, ids: readonly string[]): void {
  tx.write(ATTACH_SAMPLES, [ids]);
}
