/** Spreadsheets in the admin: looked at first, then imported, with what was refused and why; the export comes back unchanged. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csvLine } from '../../src/platform/csv.ts';
import { expectComplaints, faultsInLooks, hasBrowser, owner, shop, useShop } from './browser.ts';

const file = (name: string, ...lines: string[][]) => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(lines.map(csvLine).join('')),
});

describe.skipIf(!hasBrowser())('a spreadsheet', () => {
  useShop();

  test('of products is looked at, changes nothing yet, then is imported; refused lines say why', async () => {
    await shop.product({ product_id: 'IMPORT-OLD', price: '10.00', stock: 3 });
    const page = await owner();
    await page.goto('/admin/products');
    await page.getByRole('link', { name: 'Import CSV' }).click();
    expect(await faultsInLooks(page)).toEqual([]);
    const chooser = page.getByLabel('The file');
    await chooser.setInputFiles(
      file(
        'spring.csv',
        ['product_id', 'name', 'price', 'stock'],
        ['IMPORT-OLD', 'A better lamp', '12.00', ''],
        ['IMPORT-NEW', 'A chair, with "arms"', '99.00', '5'],
        ['IMPORT-BAD', 'Priceless', 'much', '1'],
      ),
    );
    await page.getByText('It would be: 1 new, 1 changed, 1 refused').waitFor();
    const refused = page.getByRole('region', { name: 'Lines that would be refused' });
    await refused.getByText('Line 4: IMPORT-BAD').waitFor();
    await refused.getByText('price').first().waitFor();
    await page.getByRole('region', { name: 'What would change' }).getByText('A better lamp').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    const named = async (id: string) => (await shop.call<{ name: string }>(`/api/products/${id}`)).body.name;
    expect(await named('IMPORT-OLD')).not.toBe('A better lamp');

    await page.getByRole('button', { name: 'Import 2 lines' }).click();
    await page.getByText('Done: 1 new, 1 changed, 1 refused').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    expect(await named('IMPORT-OLD')).toBe('A better lamp');
    expect(await named('IMPORT-NEW')).toBe('A chair, with "arms"');

    await page.getByRole('link', { name: 'Show the products' }).click();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    const exported = await readFile(await saved.path());
    await page.getByRole('link', { name: 'Import CSV' }).click();
    await chooser.setInputFiles({ name: 'products.csv', mimeType: 'text/csv', buffer: exported });
    await page.getByText('There is nothing to import in this file').waitFor();
  });

  test('of customers that is long goes in parts; one that is none is refused in words', async () => {
    expectComplaints(/422/);
    const page = await owner();
    await page.goto('/admin/customers');
    await page.getByRole('link', { name: 'Import CSV' }).click();
    const chooser = page.getByLabel('The file');
    await chooser.setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from([0xff, 0xfe, 0x41, 0]) });
    await page.getByText('It is not text in UTF-8').waitFor();
    await chooser.setInputFiles(file('b.csv', ['colour'], ['red']));
    await page.getByText('Nothing was changed.').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);

    const people = Array.from({ length: 450 }, (_, n) => [`import${n}@example.com`, `Person ${n}`]);
    await chooser.setInputFiles(file('c.csv', ['email', 'name'], ...people, ['IMPORT0@example.com', 'Again']));
    await page.getByText('It would be: 450 new, 1 refused').waitFor();
    await page.getByText('is in line 2 already').waitFor();
    await page.getByRole('button', { name: 'Import 450 lines' }).click();
    await page.getByText('Done: 450 new, 1 refused').waitFor();
    const token = await shop.admin();
    const found = await shop.call<{ items: unknown[] }>('/api/customers?text=import449', { token });
    expect(found.body.items.length).toBe(1);
  });

  test('that is stopped says what was taken, and which lines were refused, as a file, too', async () => {
    expectComplaints(/429/);
    const page = await owner();
    await page.goto('/admin/customers/import');
    const people = Array.from({ length: 450 }, (_, n) => [`stopped${n}@example.com`, `Person ${n}`]);
    const folder = await mkdtemp(join(tmpdir(), 'tradewind-import-'));
    const path = join(folder, 'd.csv');
    await writeFile(path, file('d.csv', ['email', 'name'], ['=1+1', 'Nobody'], ...people).buffer);
    await page.getByLabel('The file').setInputFiles(path);
    const begin = page.getByRole('button', { name: 'Import 450 lines' });
    await begin.waitFor();
    // Saved again meanwhile: what is imported is what was shown.
    await writeFile(path, 'email\nanother@example.com\n');
    await rm(folder, { recursive: true });
    let taken = 0;
    await page.route('**/api/customers/import', async (route) => {
      taken += 1;
      if (taken === 1) await route.continue();
      else
        await route.fulfill({ status: 429, headers: { 'retry-after': '600' }, json: { title: 'Wait', status: 429 } });
    });
    await begin.click();
    await page.getByText('200 of 451 lines').waitFor();
    await page.getByRole('link', { name: 'Customers', exact: true }).first().click();
    await page.getByText('The import is still running.').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stay' }).click();
    // Long before the shop wants to be asked again.
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('200 of 451 lines were done before it ended: 199 new, 1 refused.').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the refused lines' }).click(),
    ]);
    const told = await readFile(await saved.path(), 'utf8');
    expect(told).toMatch(/^\ufeffline,id,column,what is wrong\r\n2,'=1\+1,email,"must be an e-mail address.*"\r\n$/);
    await page.unroute('**/api/customers/import');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Done: 251 new, 199 as they are, 1 refused').waitFor();
  });

  test('that is left is not sent any further', async () => {
    expectComplaints(/429/);
    const page = await owner();
    await page.goto('/admin/products/import');
    let asked = 0;
    await page.route('**/api/products/import?dry_run=true', async (route) => {
      asked += 1;
      await route.fulfill({ status: 429, headers: { 'retry-after': '1' }, json: { title: 'Wait', status: 429 } });
    });
    await page.getByLabel('The file').setInputFiles(file('e.csv', ['product_id'], ['LEFT']));
    await page.getByText('0 of 1 lines').waitFor();
    await page.getByRole('link', { name: 'Products', exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Products' }).waitFor();
    const before = asked;
    await page.waitForTimeout(2_500);
    expect(asked).toBe(before);
  });
});
