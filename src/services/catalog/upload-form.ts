/** Reads a form with one picture: multipart/form-data, as a browser sends it. Every limit holds before anything is kept. */
import type { BusboyInstance } from '@fastify/busboy';
import { Busboy } from '@fastify/busboy';
import { MAX_IMAGE_BYTES } from '../../contracts/catalog.ts';
import type { Fault, Rejection } from '../../platform/problem.ts';
import { common, reject } from '../../platform/problem.ts';

const MAX_ALT = 500;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/;

export interface UploadForm {
  file: Buffer;
  alt: string;
}

export type FormRejection = Rejection<'malformed-request' | 'too-large' | 'invalid-request'>;

/** The file may have any name; a second one of it or of `alt`, or any other field, is a fault. */
export function readUploadForm(raw: Buffer, contentType: string | undefined): Promise<UploadForm | FormRejection> {
  return new Promise((resolve) => {
    const malformed = (error: Error) =>
      resolve(reject(common.malformed, { detail: `the form cannot be read: ${error.message}` }));
    const files: Buffer[] = [];
    const fields: { name: string; value: string }[] = [];
    let tooLarge = false;
    let parser: BusboyInstance;
    try {
      parser = new Busboy({
        headers: { 'content-type': contentType ?? '' },
        limits: { files: 2, fileSize: MAX_IMAGE_BYTES, fields: 4, fieldSize: 4 * MAX_ALT, parts: 6, headerPairs: 20 },
      });
    } catch (error) {
      malformed(error as Error);
      return;
    }
    parser.on('file', (_name, stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => {
        tooLarge = true;
      });
      stream.on('error', malformed);
      stream.on('end', () => files.push(Buffer.concat(chunks)));
    });
    parser.on('field', (name, value) => fields.push({ name, value }));
    parser.on('error', (error: unknown) => malformed(error as Error));
    parser.on('finish', () => {
      if (tooLarge) resolve(reject(common.tooLarge, { detail: `a picture has at most ${MAX_IMAGE_BYTES} bytes` }));
      else resolve(checked(files, fields));
    });
    parser.end(raw);
  });
}

function checked(
  files: readonly Buffer[],
  fields: readonly { name: string; value: string }[],
): UploadForm | FormRejection {
  const errors: Fault[] = [];
  const [file, second] = files;
  if (!file || file.length === 0)
    errors.push({ pointer: '/file', detail: 'is needed: a part of the form with a file name' });
  if (second) errors.push({ pointer: '/file', detail: 'must be one file: send others on their own' });
  for (const { name } of fields) {
    const part = name.slice(0, 50).replaceAll('~', '~0').replaceAll('/', '~1');
    if (name !== 'alt') errors.push({ pointer: `/${part}`, detail: 'is not known here' });
  }
  const [alt = '', another] = fields.flatMap(({ name, value }) => (name === 'alt' ? [value] : []));
  if (another !== undefined) errors.push({ pointer: '/alt', detail: 'must be one text: it is there more than once' });
  if (alt.length > MAX_ALT || CONTROL.test(alt)) {
    errors.push({
      pointer: '/alt',
      detail: `must be at most ${MAX_ALT} characters of text without control characters`,
    });
  }
  return file && errors.length === 0 ? { file, alt } : reject(common.invalid, { errors });
}
