/**
 * Makes a shop's pictures of an upload: upright, without metadata, as WebP in three sizes. Whatever was hidden in the
 * upload does not survive being drawn anew. Decoding is the heaviest work of the shop, so few are at it at a time, a few
 * more wait, and the next is told to come back: checkouts in the same process go on.
 */
import type { Raw } from 'sharp';
import sharp from 'sharp';
import type { ImageSize } from '../../contracts/catalog.ts';
import { Overloaded } from '../../platform/group-commit.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rejection } from '../../platform/problem.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import type { PictureFormat } from './picture.ts';
import { BOXES, formatOf, invalidImage, isOurFault, MAX_PIXELS, tooManyPixels } from './picture.ts';

// One thread a picture, nothing kept between them; no decoder but those that are asked for by name.
sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
});

const AT_A_TIME = 2;
const WAITING = 8;
const DECODE_SECONDS = 20;
const QUALITY = 82;
const RETRY_AFTER = { 'retry-after': '5' };

export interface Rendered {
  bytes: Buffer;
  width: number;
  height: number;
}

export interface Picture {
  /** As it stands upright. */
  width: number;
  height: number;
  sizes: Record<ImageSize, Rendered>;
}

export interface Studio {
  /** Throws Overloaded when too many wait. */
  render(upload: Buffer): Promise<Picture | Rejection<'invalid-image' | 'unavailable'>>;
}

/** An upload as it stands upright, no larger than the largest box; `width` and `height` are of the upload. */
export interface Decoded {
  width: number;
  height: number;
  data: Buffer;
  raw: Raw;
}

export interface StudioOptions {
  log: Logger;
  atATime?: number;
  waiting?: number;
  decode?: (upload: Buffer, format: PictureFormat) => Promise<Decoded | Rejection<'invalid-image'>>;
}

export function createStudio(options: StudioOptions): Studio {
  const { log, atATime = AT_A_TIME, waiting = WAITING, decode = decodeUpload } = options;
  const missing = (['jpeg', 'png', 'webp', 'gif', 'heif'] as const).filter((one) => !sharp.format[one]?.input.buffer);
  if (missing.length > 0) throw new Error(`the picture library of this machine cannot read ${missing.join(', ')}`);
  let working = 0;
  const queue: (() => void)[] = [];

  /** Only decoding meets what strangers made: a failure there is theirs, unless it is known to be ours. */
  async function develop(upload: Buffer, format: PictureFormat) {
    let decoded: Decoded | Rejection<'invalid-image'>;
    try {
      decoded = await decode(upload, format);
    } catch (error) {
      const { message } = error as Error;
      if (isOurFault(message)) {
        log.error({ err: error, format, bytes: upload.length }, 'a picture could not be read: the fault is ours');
        const detail = 'the shop could not read this picture right now; nothing has changed';
        return reject(common.unavailable, { detail, headers: RETRY_AFTER });
      }
      log.info({ format, bytes: upload.length, why: message }, 'an upload was no picture');
      return unreadable(format);
    }
    return isRejection(decoded) ? decoded : draw(decoded);
  }

  return {
    async render(upload) {
      const format = formatOf(upload);
      if (!format) return invalidImage('must be a JPEG, PNG, WebP, AVIF or GIF picture');
      if (working < atATime) working += 1;
      else if (queue.length >= waiting) throw new Overloaded();
      // Whoever is done hands over its place.
      else await new Promise<void>((resolve) => queue.push(resolve));
      try {
        return await develop(upload, format);
      } finally {
        const next = queue.shift();
        if (next) next();
        else working -= 1;
      }
    },
  };
}

async function decodeUpload(upload: Buffer, format: PictureFormat): Promise<Decoded | Rejection<'invalid-image'>> {
  // Reads the header only.
  const found = await sharp(upload, { limitInputPixels: false }).metadata();
  if (found.format !== (format === 'avif' ? 'heif' : format)) return unreadable(format);
  const tooMany = tooManyPixels(found.width, found.height);
  if (tooMany) return tooMany;

  const largest = BOXES.large;
  const { data, info } = await sharp(upload, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true })
    .timeout({ seconds: DECODE_SECONDS })
    .autoOrient()
    .resize({ width: largest, height: largest, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const turned = (found.orientation ?? 1) >= 5;
  const [width, height] = turned ? [found.height, found.width] : [found.width, found.height];
  return { width, height, data, raw };
}

/** From here on it is our own pixels: whatever fails now is a fault of ours. */
async function draw({ width, height, data, raw }: Decoded): Promise<Picture> {
  const size = async (box: number): Promise<Rendered> => {
    const drawn = await sharp(data, { raw })
      .resize({ width: box, height: box, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer({ resolveWithObject: true });
    return { bytes: drawn.data, width: drawn.info.width, height: drawn.info.height };
  };
  const sizes = { large: await size(BOXES.large), medium: await size(BOXES.medium), small: await size(BOXES.small) };
  return { width, height, sizes };
}

const unreadable = (format: PictureFormat) =>
  invalidImage(`begins like a picture (${format.toUpperCase()}), but cannot be read as one`);
