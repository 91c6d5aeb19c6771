/** Catalog: what the shop sells, for how much, and what it looks like. */
import { resolve } from 'node:path';
import { ConfigError, type Settings } from '../../config.ts';
import { createExports } from '../../platform/csv-export.ts';
import type { Tx } from '../../platform/database.ts';
import type { Logger } from '../../platform/log.ts';
import type { RoomDefinition } from '../../platform/service.ts';
import { createDiskStore } from './blob-disk.ts';
import { type BlobStore, blobNames } from './blob-store.ts';
import { handlers } from './handlers.ts';
import { createImageRoutes } from './image-routes.ts';
import { createImageWorkers } from './image-workers.ts';
import { createImportRoutes } from './import-routes.ts';
import { createRoutes } from './routes.ts';
import { createShelf } from './shelf.ts';
import { takeSecret } from './store.ts';
import { shownImages } from './store-images.ts';
import type { Studio } from './studio.ts';

export { loadSampleShop } from './sample-shop.ts';

/** Azure when its settings are there, else a folder. `key` signs the links of the folder. */
async function openBlobStore(settings: Settings, key: Buffer): Promise<BlobStore> {
  const lifetimeHours = settings.AZURE_SAS_TOKEN_EXPIRY_HOURS;
  if (!settings.AZURE_STORAGE_CONNECTION_STRING && !settings.AZURE_STORAGE_ACCOUNT_NAME) {
    return createDiskStore({ folder: resolve(settings.DATA_DIR, 'images'), key, lifetimeHours });
  }
  if (!settings.AZURE_STORAGE_CONNECTION_STRING && !settings.AZURE_STORAGE_ACCOUNT_KEY) {
    throw new ConfigError(['AZURE_STORAGE_ACCOUNT_NAME needs AZURE_STORAGE_ACCOUNT_KEY']);
  }
  // Its SDK takes a quarter of a second to load: where it is used only.
  const { createAzureStore } = await import('./blob-azure.ts');
  return createAzureStore({
    connectionString: settings.AZURE_STORAGE_CONNECTION_STRING,
    accountName: settings.AZURE_STORAGE_ACCOUNT_NAME,
    accountKey: settings.AZURE_STORAGE_ACCOUNT_KEY,
    container: settings.AZURE_STORAGE_CONTAINER_NAME,
    lifetimeHours,
  });
}

/** The pictures of a shop, for whoever takes them away or brings them. */
export interface Pictures {
  /** Of every picture that is shown. What is removed later than that is there for five minutes more. */
  names(catalogue: Pick<Tx, 'query'>): Promise<string[]>;
  load(name: string): Promise<Buffer | undefined>;
  put(name: string, bytes: Buffer): Promise<void>;
}

export async function openPictures(settings: Settings): Promise<Pictures> {
  const store = await openBlobStore(settings, Buffer.alloc(32));
  return {
    names: async (catalogue) => (await shownImages(catalogue)).flatMap(({ id }) => blobNames(id)),
    load: store.load,
    put: store.put,
  };
}

/** Loads the picture library when the first picture comes: a shop need not wait for it. */
function lazyStudio(log: Logger): () => Promise<Studio> {
  let studio: Promise<Studio> | undefined;
  return () => {
    studio ??= import('./studio.ts').then(({ createStudio }) => createStudio({ log }));
    return studio;
  };
}

export const catalog: RoomDefinition<Settings> = {
  name: 'catalog',
  migrations: new URL('./migrations/', import.meta.url),
  open({ db, clock, log, settings }) {
    const shelf = createShelf(clock);
    return {
      routes: [
        ...createRoutes({ db, clock, currency: settings.CURRENCY, shelf, exports: createExports(clock, log) }),
        ...createImportRoutes({ db, currency: settings.CURRENCY }),
        ...createImageRoutes({ db, clock, log, shelf, studio: lazyStudio(log) }),
      ],
      handlers,
      workers: createImageWorkers({ db, clock, log, shelf }),
      async prepare() {
        const key = await takeSecret(db, 'links');
        shelf.equip(await openBlobStore(settings, key), key);
      },
    };
  },
};
