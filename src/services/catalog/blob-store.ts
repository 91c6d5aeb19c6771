/**
 * Where pictures are: on this machine's disk, or in Azure Blob Storage. A blob is written once under a generated name
 * and never changed. Removing what is not there succeeds, so a worker may remove again what it half removed.
 */
import type { ImageSize } from '../../contracts/catalog.ts';
import { IMAGE_SIZES } from '../../contracts/catalog.ts';

export interface BlobStore {
  /** Throws BlobStoreAway when it cannot be written now. Not there in part: whole, or not at all. */
  put(name: string, bytes: Buffer): Promise<void>;
  remove(name: string): Promise<void>;
  /** A link that expires; the same one for hours. Needs no network. */
  link(name: string, now: Date): string;
  /** Bytes of a blob that this shop serves itself; undefined when there is none. */
  read(name: string): Promise<Buffer | undefined>;
  /** Bytes of a blob, wherever it is: to keep them elsewhere. Throws BlobStoreAway. */
  load(name: string): Promise<Buffer | undefined>;
}

/** The store does not answer, or has no room: the fault of no picture, worth trying again. */
export class BlobStoreAway extends Error {}

/** Seconds that whoever has a picture may keep it: it never changes under its name. */
export const CACHE_CONTROL = 'public, max-age=86400, immutable';

export const blobName = (imageId: string, size: ImageSize) => `${imageId}-${size}.webp`;
export const blobNames = (imageId: string) => IMAGE_SIZES.map((size) => blobName(imageId, size));
