/**
 * What becomes of pictures behind the scenes: blobs of removed pictures and of unfinished uploads go, and so do then their
 * rows; pictures that came with the sample shop are copied into the store. Both may be done twice, and are after a crash.
 */
import { readFile } from 'node:fs/promises';
import { IMAGE_SIZES } from '../../contracts/catalog.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { createEffect, type Done, type Effect } from '../../platform/effect.ts';
import type { Logger } from '../../platform/log.ts';
import { blobName, blobNames } from './blob-store.ts';
import type { Shelf } from './shelf.ts';
import { attachSamples, claimRemoved, claimSamples, forgetImages } from './store-images.ts';

const LEASE_MS = 60_000;
const TIMEOUT_MS = 30_000;
const SAMPLES = new URL('./sample-pictures/', import.meta.url);

export interface ImageWorkersOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  shelf: Pick<Shelf, 'blobs'>;
}

export function createImageWorkers({ db, clock, log, shelf }: ImageWorkersOptions): Effect[] {
  const shared = { db, clock, log, leaseMs: LEASE_MS, timeoutMs: TIMEOUT_MS };

  /** Whether it worked; when it did not, it is tried again after the lease. */
  async function attempt(what: string, id: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      log.warn({ err: error, image_id: id }, `${what}, will try again`);
      return false;
    }
  }
  const succeeded = (done: readonly Done<{ id: string }, boolean>[]) =>
    done.filter(({ outcome }) => outcome).map(({ intent }) => intent.id);

  const removal = createEffect({
    ...shared,
    name: 'picture-removal',
    concurrency: 4,
    claim: (limit, now, until) => claimRemoved(db, limit, now, until),
    perform: ({ id }) =>
      attempt('blobs not removed', id, () => Promise.all(blobNames(id).map((name) => shelf.blobs.remove(name)))),
    save: async (done, tx) => forgetImages(tx, succeeded(done)),
  });
  const samples = createEffect({
    ...shared,
    name: 'sample-pictures',
    concurrency: 8,
    ahead: 64,
    claim: (limit, now, until) => claimSamples(db, limit, now, until),
    perform: ({ id, source }) =>
      attempt('sample picture not copied', id, () =>
        Promise.all(
          IMAGE_SIZES.map(async (size) =>
            shelf.blobs.put(blobName(id, size), await readFile(new URL(`${source}-${size}.webp`, SAMPLES))),
          ),
        ),
      ),
    save: async (done, tx) => attachSamples(tx, succeeded(done)),
  });
  return [removal, samples];
}
