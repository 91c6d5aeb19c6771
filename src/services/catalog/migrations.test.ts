/** A catalogue that was filled by the first release. */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openScratchDatabase } from '../../../test/scratch-database.ts';
import { migrate, PLATFORM_MIGRATIONS } from '../../platform/migrations.ts';
import { corrected, readSearch } from './search.ts';
import { findProduct, findSimilarWords, listProducts } from './store.ts';

test('keeps its products, with their prices, findable by words, ids and typing mistakes', async () => {
  const scratch = await openScratchDatabase('catalog');
  const folder = await mkdtemp(join(tmpdir(), 'tradewind-migrations-'));
  try {
    const old = join(folder, 'catalog', 'migrations');
    await mkdir(old, { recursive: true });
    const all = new URL('./migrations/', import.meta.url);
    await copyFile(new URL('001_products.sql', all), join(old, '001_products.sql'));
    await migrate(scratch.db, [PLATFORM_MIGRATIONS, pathToFileURL(`${old}/`)]);
    await scratch.rows(
      `insert into products (product_id, name, description, category, price, currency, availability, created_at, updated_at)
       values ('KB-75', 'Baker''s Keyboard', 'Loud.', 'Things', 990, 'EUR', 'in_stock', now(), now())`,
    );
    await migrate(scratch.db, [PLATFORM_MIGRATIONS, all]);

    expect(await findProduct(scratch.db, 'KB-75')).toMatchObject({ price: 990, prices: { EUR: 990 }, images: [] });
    const found = async (search: string) => {
      const filter = { category: undefined, min: undefined, max: undefined, availability: undefined, archived: false };
      const more = { currency: 'EUR', sort: 'relevance', after: undefined, limit: 9 } as const;
      return (await listProducts(scratch.db, { ...filter, ...more, search: readSearch(search) })).length;
    };
    for (const search of ['keyboards', 'kb-75', 'loud', 'thing', "baker's", 'keyb'])
      expect(await found(search)).toBe(1);
    expect(corrected('kyeboard', await findSimilarWords(scratch.db, ['kyeboard']))).toBe('keyboard');
  } finally {
    await scratch.close();
    await rm(folder, { recursive: true, force: true });
  }
});
