/** A catalogue with one product, on a real database and disk, to give pictures to over HTTP. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { CreateProduct, GetProduct } from '../src/contracts/catalog.ts';
import { catalog } from '../src/services/catalog/service.ts';
import { fastFolder } from './fast-folder.ts';
import { picture, type UploadOptions, uploadTo } from './pictures.ts';
import { eventually, openTestRoom, type TestRoom } from './service-harness.ts';

export let room: TestRoom;
/** Its DATA_DIR. */
export let dir: string;
export let url: string;

/** One for the tests of a file, as good as new for each. */
export function useRoom(): void {
  beforeAll(async () => {
    dir = await mkdtemp(join(fastFolder(), 'tradewind-images-'));
    room = await openTestRoom(catalog, { DATA_DIR: dir });
    room.service.run();
    url = await room.service.listen('127.0.0.1', 0);
  });
  afterAll(async () => {
    await room.close();
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await query('truncate products, outbox cascade');
    await rm(join(dir, 'images'), { recursive: true, force: true });
    await room.call(CreateProduct, { as: 'admin', body: { product_id: 'X', name: 'Lamp', price: 1 } });
  });
}

export const query = <Row = Record<string, unknown>>(text: string, values: unknown[] = []) =>
  room.service.db.query<Row>({ text }, values);
export const upload = (bytes: Buffer, options: UploadOptions = {}) => uploadTo(url, 'X', bytes, options);
export const jpeg = (background?: string) => picture(640, 480, background).jpeg().toBuffer();
export const fetchImage = (link: string, headers = {}) => fetch(`${url}${link}`, { headers });

export async function product() {
  const reply = await room.call(GetProduct, { params: { product_id: 'X' } });
  if (!reply.ok) throw new Error(reply.problem.title);
  return reply.body;
}

/** What is in the blob store. */
export async function files() {
  const folder = join(dir, 'images');
  if (!existsSync(folder)) return [];
  return (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
}

/** Lets the worker that clears away see everything as due. */
export async function clearedAway(): Promise<void> {
  await query(`update images set due_at = now() - interval '1 hour' where due_at is not null`);
  room.service.wake();
  await eventually(async () => (await query('select 1 from images where due_at is not null')).length === 0);
}

export async function expectNothingChanged(): Promise<void> {
  expect((await product()).images).toEqual([]);
  expect(await files()).toEqual([]);
  expect(await query('select 1 from images')).toEqual([]);
}
