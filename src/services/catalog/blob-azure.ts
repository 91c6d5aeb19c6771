/**
 * Pictures in Azure Blob Storage: a private container, and links with a shared access signature that allow reading one
 * blob until they expire. The container is made when it is missing, by whoever first needs it, so that a shop starts
 * and shows its products while the storage is away.
 */
import type { RestError } from '@azure/storage-blob';
import {
  BlobSASPermissions,
  BlobServiceClient,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageRetryPolicyType,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { BlobStore } from './blob-store.ts';
import { BlobStoreAway, CACHE_CONTROL } from './blob-store.ts';
import { expiryOf } from './signed-link.ts';

/** One try and two more, and no longer than this altogether: whoever uploads is waiting. */
const RETRY = {
  retryPolicyType: StorageRetryPolicyType.EXPONENTIAL,
  maxTries: 3,
  tryTimeoutInMs: 4_000,
  retryDelayInMs: 200,
  maxRetryDelayInMs: 1_000,
};
const LIMIT_MS = 8_000;
/** Links are asked for with every product that is shown, and stay the same for hours. */
const REMEMBERED_LINKS = 20_000;
/** A clock of the storage that is a little behind ours must not refuse a fresh link. */
const CLOCK_SKEW_S = 300;

export interface AzureStoreOptions {
  /** Wins over the account's name and key. */
  connectionString: string;
  accountName: string;
  accountKey: string;
  container: string;
  lifetimeHours: number;
}

function connect({ connectionString, accountName, accountKey }: AzureStoreOptions): BlobServiceClient {
  const options = { retryOptions: RETRY };
  if (connectionString) {
    try {
      return BlobServiceClient.fromConnectionString(connectionString, options);
    } catch (error) {
      throw new Error(`AZURE_STORAGE_CONNECTION_STRING cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }
  const credential = new StorageSharedKeyCredential(accountName, accountKey);
  return new BlobServiceClient(`https://${accountName}.blob.core.windows.net`, credential, options);
}

export function createAzureStore(options: AzureStoreOptions): BlobStore {
  const { container, lifetimeHours } = options;
  const service = connect(options);
  const credential = service.credential as StorageSharedKeyCredential;
  const blobs = service.getContainerClient(container);
  // Only a storage on this very machine speaks plain HTTP.
  const protocol = service.url.startsWith('http:') ? SASProtocol.HttpsAndHttp : SASProtocol.Https;
  const links = new Map<string, string>();
  let linksExpire = 0;

  async function reach<T>(work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(AbortSignal.timeout(LIMIT_MS));
    } catch (error) {
      throw new BlobStoreAway(`the blob storage says: ${reasonOf(error as RestError)}`, { cause: error });
    }
  }

  async function upload(name: string, bytes: Buffer, abortSignal: AbortSignal): Promise<void> {
    await blobs.getBlockBlobClient(name).uploadData(bytes, {
      abortSignal,
      blobHTTPHeaders: {
        blobContentType: 'image/webp',
        blobCacheControl: CACHE_CONTROL,
        blobContentDisposition: `inline; filename="${name}"`,
      },
    });
  }

  return {
    put: (name, bytes) =>
      reach(async (signal) => {
        try {
          await upload(name, bytes, signal);
        } catch (error) {
          if ((error as RestError).code !== 'ContainerNotFound') throw error;
          // Without an access level: private.
          await blobs.createIfNotExists({ abortSignal: signal });
          await upload(name, bytes, signal);
        }
      }),
    remove: (name) =>
      reach(async (abortSignal) => {
        try {
          await blobs.getBlobClient(name).deleteIfExists({ abortSignal, deleteSnapshots: 'include' });
        } catch (error) {
          if ((error as RestError).code !== 'ContainerNotFound') throw error;
        }
      }),
    link(name, now) {
      const expires = expiryOf(now, lifetimeHours);
      if (expires !== linksExpire || links.size >= REMEMBERED_LINKS) links.clear();
      linksExpire = expires;
      let link = links.get(name);
      if (link === undefined) {
        const sas = generateBlobSASQueryParameters(
          {
            containerName: container,
            blobName: name,
            permissions: BlobSASPermissions.from({ read: true }),
            protocol,
            startsOn: new Date((expires - lifetimeHours * 3600 - CLOCK_SKEW_S) * 1000),
            expiresOn: new Date(expires * 1000),
          },
          credential,
        );
        link = `${blobs.getBlobClient(name).url}?${sas}`;
        links.set(name, link);
      }
      return link;
    },
    // Its links lead to Azure.
    read: async () => undefined,
    load: (name) =>
      reach(async (abortSignal) => {
        try {
          return await blobs.getBlobClient(name).downloadToBuffer(undefined, undefined, { abortSignal });
        } catch (error) {
          if ((error as RestError).statusCode === 404) return undefined;
          throw error;
        }
      }),
  };
}

/** Without the request's headers and the links in them. */
function reasonOf({ code, statusCode, name, message }: RestError): string {
  return [code ?? name, statusCode, code ? undefined : message?.split('\n')[0]].filter(Boolean).join(' ');
}
