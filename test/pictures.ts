/** Uploads for tests: pictures of every kind, and what only pretends to be one. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** No two of the same size and colour are alike in their bytes unless they are asked for alike. */
export function picture(width = 640, height = 480, background = '#c06030') {
  return sharp({ create: { width, height, channels: 3, background } });
}

/** A real PNG of so many pixels, all black: a few kilobytes for any number of them. */
export function pngOf(width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (Math.ceil(width / 8) + 1));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

export interface UploadOptions {
  alt?: string;
  name?: string;
  type?: string;
  token?: string | undefined;
  key?: string;
}

export interface Uploaded {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an image or a problem, as the test expects
  body: any;
}

/** Sends a form as a browser does. */
export async function uploadTo(
  url: string,
  productId: string,
  bytes: Buffer,
  options: UploadOptions = {},
): Promise<Uploaded> {
  const {
    alt,
    name = 'photo.jpg',
    type = 'image/jpeg',
    key,
    token = 'admin.00000000-0000-7000-8000-000000000001',
  } = options;
  const form = new FormData();
  if (alt !== undefined) form.set('alt', alt);
  form.set('file', new Blob([new Uint8Array(bytes)], { type }), name);
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(key && { 'idempotency-key': key }) };
  const reply = await fetch(`${url}/products/${productId}/image`, { method: 'POST', body: form, headers });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}
