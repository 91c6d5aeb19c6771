/** What an upload is, by its first bytes and its header: neither its name nor what the browser says of it counts. Pure. */
import { InvalidImage } from '../../contracts/problems.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif';

export const MAX_SIDE = 12_000;
export const MAX_PIXELS = 40_000_000;

/** Boxes that the pictures of a shop fit into; a smaller picture is never enlarged. */
export const BOXES = { small: 320, medium: 800, large: 1600 } as const;

export const invalidImage = (detail: string): Rejection<'invalid-image'> =>
  reject(InvalidImage, { errors: [{ pointer: '/file', detail }] });

/** More brands than any encoder writes. */
const MAX_FTYP = 256;

/** By magic bytes; undefined when it is none of ours. SVG is a document with scripts, and is not. */
export function formatOf(bytes: Buffer): PictureFormat | undefined {
  const ascii = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (bytes.length < 16) return undefined;
  if (bytes.readUIntBE(0, 3) === 0xffd8ff) return 'jpeg';
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (/^GIF8[79]a/.test(ascii(0, 6))) return 'gif';
  if (ascii(4, 8) === 'ftyp' && brands(bytes).some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return undefined;
}

/** The major brand and the compatible ones (ISO/IEC 14496-12, section 4.3); between them is a version. */
function brands(bytes: Buffer): string[] {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, MAX_FTYP);
  const found = [bytes.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) found.push(bytes.toString('latin1', at, at + 4));
  return found;
}

/** Whether a picture was not read because this machine could not do more: nothing is said about the picture by that. */
export function isOurFault(message: string): boolean {
  return /out of memory|insufficient memory|(cannot|unable to) allocate|^timeout: /im.test(message);
}

/** Whether a header tells of more than we decode. */
export function tooManyPixels(width: number, height: number): Rejection<'invalid-image'> | undefined {
  if (width <= MAX_SIDE && height <= MAX_SIDE && width * height <= MAX_PIXELS) return undefined;
  return invalidImage(`has ${width} × ${height} pixels: at most ${MAX_SIDE} a side and ${MAX_PIXELS} altogether`);
}
