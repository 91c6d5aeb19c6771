/** A shop that had refunds before they were counted. */
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openScratchDatabase } from '../../../test/scratch-database.ts';
import { migrate, PLATFORM_MIGRATIONS } from '../../platform/migrations.ts';

test('keeps what went back and came back, as their notes say, and begins to count with its first order', async () => {
  const scratch = await openScratchDatabase('orders');
  const folder = await mkdtemp(join(tmpdir(), 'tradewind-migrations-'));
  try {
    const old = join(folder, 'orders', 'migrations');
    await mkdir(old, { recursive: true });
    const all = new URL('./migrations/', import.meta.url);
    const before = (await readdir(all)).filter((file) => file < '005');
    for (const file of before) await copyFile(new URL(file, all), join(old, file));
    await migrate(scratch.db, [PLATFORM_MIGRATIONS, pathToFileURL(`${old}/`)]);
    const id = '019b7679-0000-7000-8000-000000000001';
    await scratch.rows(`
      insert into orders (id, number, status, email, payment_method, items, total_amount, currency, version, traceparent,
        processing_duration_ms, created_at, updated_at)
      values ('${id}', 1, 'shipped', 'a@example.com', 'pm', '[]', 1250, 'EUR', 5, '', 1, '2026-01-01T09:30:00Z', now())`);
    await scratch.rows(`
      insert into order_history (order_id, version, at, event, status, note) values
        ('${id}', 1, '2026-01-01T09:30:00Z', 'order.placed', 'pending', null),
        ('${id}', 2, now(), 'payment.refunded', 'shipped', '12.50 EUR: damaged'),
        ('${id}', 3, now(), 'payment.refunded', 'shipped', '500 JPY: damaged'),
        ('${id}', 4, now(), 'payment.refund.failed', 'shipped', '1.005 KWD: lost card'),
        ('${id}', 5, now(), 'command deliver', 'shipped', '9.99 EUR: said somebody')`);
    await migrate(scratch.db, [PLATFORM_MIGRATIONS, all]);

    const rows = await scratch.rows<{ refunded: number | null }>('select refunded from order_history order by version');
    expect(rows.map(({ refunded }) => refunded)).toEqual([null, 1250, 500, -1005, null]);
    expect(await scratch.rows('select settled_until, counted_until from statistics_marks')).toEqual([
      { settled_until: '2026-01-01T00:00:00.000Z', counted_until: '2026-01-01T00:00:00.000Z' },
    ]);
  } finally {
    await scratch.close();
    await rm(folder, { recursive: true, force: true });
  }
});
