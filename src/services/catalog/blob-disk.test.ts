import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDiskStore } from './blob-disk.ts';
import { expiryOf, isSignature, signatureOf } from './signed-link.ts';

const key = Buffer.alloc(32, 1);
const NAME = '01890000-0000-7000-8000-0000000000ab-small.webp';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradewind-disk-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a folder of pictures', () => {
  test('keeps a file under its name, spread over folders, and nothing half written beside it', async () => {
    const store = createDiskStore({ folder, key, lifetimeHours: 24 });
    await mkdir(join(folder, 'ab'));
    // What a process leaves that is killed while it writes.
    await writeFile(join(folder, 'ab', `${NAME}.0a1b2c.tmp`), 'pict');
    await store.put(NAME, Buffer.from('something else'));
    await store.put(NAME, Buffer.from('picture'));
    expect(await readdir(join(folder, 'ab'))).toEqual([NAME]);
    expect(await readFile(join(folder, 'ab', NAME), 'utf8')).toBe('picture');
    expect((await store.read(NAME))?.toString()).toBe('picture');
    await writeFile(join(folder, 'ab', `${NAME}.0a1b2c.tmp`), 'pict');
    await store.remove(NAME);
    await store.remove(NAME);
    expect(await readdir(join(folder, 'ab'))).toEqual([]);
    expect(await store.read(NAME)).toBeUndefined();
  });

  test.each([
    '../../etc/passwd',
    'x.webp',
    `../${NAME}`,
    `${NAME}/..`,
    NAME.replace('small', 'huge'),
    '',
  ])('has no place for the name %s', async (name) => {
    const store = createDiskStore({ folder, key, lifetimeHours: 24 });
    await expect(store.put(name, Buffer.from('x'))).rejects.toThrow('no name of a blob');
    await expect(store.read(name)).rejects.toThrow('no name of a blob');
    await expect(store.remove(name)).rejects.toThrow('no name of a blob');
  });
});

describe('a signed link', () => {
  test('stays the same for half of its life, and never has less than half of it left', () => {
    const links = new Set<number>();
    for (let minute = 0; minute < 48 * 60; minute += 7) {
      const now = new Date(Date.UTC(2026, 2, 1, 0, minute));
      const left = expiryOf(now, 24) - now.getTime() / 1000;
      expect(left).toBeGreaterThan(12 * 3600);
      expect(left).toBeLessThanOrEqual(24 * 3600);
      links.add(expiryOf(now, 24));
    }
    expect(links.size).toBe(4);
  });

  test('is only right with this name, this expiry and this key', () => {
    const signature = signatureOf(key, NAME, 1000);
    expect(isSignature(key, NAME, 1000, signature)).toBe(true);
    expect(isSignature(key, NAME, 1001, signature)).toBe(false);
    expect(isSignature(key, NAME.replace('small', 'large'), 1000, signature)).toBe(false);
    expect(isSignature(Buffer.alloc(32, 2), NAME, 1000, signature)).toBe(false);
    expect(isSignature(key, NAME, 1000, signature.slice(1))).toBe(false);
    expect(isSignature(key, NAME, 1000, '')).toBe(false);
  });
});
