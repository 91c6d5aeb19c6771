/** What an owner changes about products and customers is kept: beside other owners, after lost answers, in its order. */
import type { Page, Request, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Product } from '../../src/contracts/catalog.ts';
import type { Customer } from '../../src/contracts/customers.ts';
import { picture, uploadTo } from '../pictures.ts';
import { expectComplaints, hasBrowser, owner, shop, useShop } from './browser.ts';

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const saved = (page: Page) => page.getByText('Saved', { exact: true }).last().waitFor();

async function product(id: string): Promise<Product> {
  return (await shop.call<Product>(`/api/products/${id}`, { token: await shop.admin() })).body;
}
/** As another owner, at another desk. */
async function change<T = Product>(path: string, body: Record<string, unknown>, method = 'PATCH'): Promise<T> {
  const reply = await shop.call<T>(path, { method, body, token: await shop.admin() });
  expect(reply.status).toBeLessThan(300);
  return reply.body;
}

/** What the page sends there, as it goes out. */
function sentBy(page: Page, method: string, path: string): Record<string, unknown>[] {
  const bodies: Record<string, unknown>[] = [];
  page.on('request', (request) => {
    if (request.method() === method && new URL(request.url()).pathname.startsWith(path)) {
      bodies.push(request.postDataJSON());
    }
  });
  return bodies;
}

/** The next request of this kind is answered, but nobody hears the answer. */
async function loseAnswer(page: Page, method: string, path: string): Promise<void> {
  let lost = false;
  await page.route(`**${path}`, async (route: Route) => {
    if (lost || route.request().method() !== method) return route.fallback();
    lost = true;
    await route.fetch();
    return route.abort();
  });
}

/** Requests of this kind wait until they are let go. */
async function hold(page: Page, method: string, path: string) {
  const waiting: Request[] = [];
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(`**${path}`, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    waiting.push(route.request());
    await held;
    return route.continue();
  });
  return { waiting, letGo };
}

const jpeg = async (color: string) => ({
  name: `${color.slice(1)}.jpg`,
  mimeType: 'image/jpeg',
  buffer: await picture(400, 300, color).jpeg().toBuffer(),
});

describe.skipIf(!hasBrowser())('the owner', () => {
  useShop();

  test('replenishes, and sees the new level where the old one was', async () => {
    await shop.product({ product_id: 'TWINE', stock: 2 });
    const admin = await owner();
    await admin.goto('/admin/products/TWINE');
    await button(admin, 'Replenish').click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByLabel('How many have arrived').fill('1e');
    await dialog.getByText('A whole number, such as 12').waitFor();
    expect(await button(admin, 'Add to stock').isDisabled()).toBe(true);
    await dialog.getByLabel('How many have arrived').fill('1000000000');
    await dialog.getByText('At most 999,999,998').waitFor();
    await dialog.getByLabel('How many have arrived').fill('40');
    await dialog.getByText('Then 42 are on hand and 42 available').waitFor();
    await dialog.getByRole('button', { name: 'Add to stock' }).click();
    await button(admin, 'Add to stock').waitFor({ state: 'detached' });
    await admin.getByRole('region', { name: 'Stock' }).getByText('42').first().waitFor({ timeout: 10_000 });
    expect((await shop.call('/api/inventory/TWINE')).body).toMatchObject({ on_hand: 42, available: 42 });
  });

  test('archives a product and takes that back at once', async () => {
    await shop.product({ product_id: 'SEXTANT', stock: 3 });
    const admin = await owner();
    await admin.goto('/admin/products/SEXTANT');
    await button(admin, 'More actions').click();
    await admin.getByRole('menuitem', { name: 'Archive: stop selling it' }).click();
    await admin.getByText('nobody sees or buys it').waitFor();
    expect((await shop.call('/api/products/SEXTANT')).status).toBe(404);
    await button(admin, 'Undo').click();
    await admin.getByText('nobody sees or buys it').waitFor({ state: 'detached' });
    expect((await shop.call('/api/products/SEXTANT')).status).toBe(200);
  });

  test('sends only what differs of a customer, and leaves them some way to be told', async () => {
    const { id } = await change<Customer>(
      '/api/customers',
      { email: 'grace@example.com', password: 'a b c d e f' },
      'POST',
    );
    const admin = await owner();
    await admin.goto(`/admin/customers/${id}`);
    const sent = sentBy(admin, 'PATCH', '/api/customers');
    await button(admin, 'Edit').click();
    await admin.getByRole('region', { name: 'Profile' }).getByLabel('Name').fill('Grace');
    await admin.getByRole('checkbox', { name: 'E-mail' }).uncheck();
    await admin.getByText('Choose at least one').waitFor();
    await button(admin, 'Save').click();
    await admin.getByRole('checkbox', { name: 'E-mail' }).check();
    await admin.getByText('Choose at least one').waitFor({ state: 'detached' });
    // Grace herself, meanwhile.
    await change(`/api/customers/${id}`, { phone: '+44 20 7946 0018', address: '1 Harbour Road' });
    await button(admin, 'Save').click();
    await saved(admin);
    expect(sent).toEqual([{ name: 'Grace' }]);
    await admin.getByText('+44 20 7946 0018').waitFor();
    const { body } = await shop.call(`/api/customers/${id}`, { token: await shop.admin() });
    expect(body).toMatchObject({ name: 'Grace', phone: '+44 20 7946 0018', address: '1 Harbour Road' });
  });

  test('overwrites nobody with a product form that is stale, and loses nothing of what was typed', async () => {
    await shop.product({ product_id: 'CHART', stock: 3 });
    const admin = await owner();
    await admin.goto('/admin/products/CHART');
    await button(admin, 'Another currency').click();
    await admin.getByLabel('Currency', { exact: true }).last().fill('JPY');
    await admin.getByLabel('Price in JPY').fill('1900');
    await change('/api/products/CHART', { prices: { EUR: '9.00' }, category: 'Maps' });
    expectComplaints(/409/);
    await button(admin, 'Save').click();
    await saved(admin);
    expect(await product('CHART')).toMatchObject({
      category: 'Maps',
      prices: { USD: '10.00', EUR: '9.00', JPY: '1900' },
    });
    expect(await admin.getByLabel('Price in EUR').inputValue()).toBe('9.00');

    await admin.getByLabel('Name', { exact: true }).fill('Chart of the bay');
    await change('/api/products/CHART', { name: 'Sea chart', price: '11.00' });
    await button(admin, 'Save').click();
    await admin.getByText('Changed meanwhile: Sea chart').waitFor();
    expect(await product('CHART')).toMatchObject({ name: 'Sea chart', price: '11.00' });
    expect(await admin.getByLabel('Price', { exact: true }).inputValue()).toBe('11.00');
    await button(admin, 'Save').click();
    await heading(admin, 'Chart of the bay').waitFor();
    expect(await product('CHART')).toMatchObject({ name: 'Chart of the bay', price: '11.00', category: 'Maps' });

    // What is typed while it is being saved is still there, and still to be saved.
    const { waiting, letGo } = await hold(admin, 'PATCH', '/api/products/CHART');
    await admin.getByLabel('Price', { exact: true }).fill('12');
    await button(admin, 'Save').click();
    await expect.poll(() => waiting.length).toBe(1);
    await admin.getByLabel('Category').fill('Charts');
    letGo();
    await admin.getByLabel('Price', { exact: true }).and(admin.locator('[value="12.00"]')).waitFor();
    expect(await admin.getByLabel('Category').inputValue()).toBe('Charts');
    await button(admin, 'Save').click();
    await button(admin, 'Discard').waitFor({ state: 'detached' });
    expect(await product('CHART')).toMatchObject({ price: '12.00', category: 'Charts' });
  });

  test('adds a product once, also when the answer is lost and it is sent again', async () => {
    const admin = await owner();
    await admin.goto('/admin/products/new');
    await admin.getByLabel('Name', { exact: true }).fill('Ship in a bottle');
    await admin.getByLabel('Price', { exact: true }).first().fill('24,5');
    await admin.getByLabel('How many there are').fill('1e');
    await button(admin, 'Save').click();
    await admin.getByText('A whole number, such as 12').waitFor();
    const made = () => shop.query('catalog', `select product_id from products where name = 'Ship in a bottle'`);
    expect(await made()).toEqual([]);

    await admin.getByLabel('How many there are').fill('4');
    await loseAnswer(admin, 'POST', '/api/products');
    expectComplaints(/ERR_FAILED/, /409/);
    await button(admin, 'Save').click();
    await admin.getByText('The shop cannot be reached').waitFor();
    expect(await made()).toHaveLength(1);
    // Another price than what has arrived: that is not done by saying so.
    await admin.getByLabel('Price', { exact: true }).first().fill('25');
    await button(admin, 'Save').click();
    await admin.getByText('is there already, but not as it is here').waitFor();
    await admin.getByLabel('Price', { exact: true }).first().fill('24.50');
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') };
    await admin.locator('input[type=file]').setInputFiles(notes);
    await button(admin, 'Save').click();
    await heading(admin, 'Ship in a bottle').waitFor();
    await admin.getByText('This is no picture').waitFor();
    await button(admin, 'Remove notes.txt').click();
    await admin.getByRole('region', { name: 'Stock' }).getByText('4').first().waitFor();
    expect(await made()).toHaveLength(1);

    // A SKU of somebody else's is never taken for one's own.
    await shop.product({ product_id: 'TAKEN', stock: 1 });
    await admin.goto('/admin/products/new');
    await admin.getByLabel('Name', { exact: true }).fill('Product TAKEN');
    await admin.getByLabel('SKU').fill('TAKEN');
    await admin.getByLabel('Price', { exact: true }).first().fill('10');
    await button(admin, 'Save').click();
    await admin.getByText('TAKEN is taken: choose another').waitFor();
  });

  test('puts pictures in order as fast as one can click, and sends one again that did not arrive', async () => {
    await shop.product({ product_id: 'PRINT', stock: 1 });
    const token = await shop.admin();
    for (const [alt, color] of Object.entries({ red: '#aa2211', green: '#22aa11', blue: '#1122aa' })) {
      await uploadTo(`${shop.url}/api`, 'PRINT', (await jpeg(color)).buffer, { token, alt });
    }
    const admin = await owner();
    await admin.goto('/admin/products/PRINT');
    await admin.getByText('3 of 8').waitFor();
    const { waiting, letGo } = await hold(admin, 'PUT', '/api/products/PRINT/images');
    const inputs = admin.getByLabel(/^What picture \d shows$/);
    const shown = () => inputs.evaluateAll((all) => all.map((one) => (one as unknown as { value: string }).value));
    // The shop has answered none of them yet.
    for (const [name, then] of [
      ['Move picture 3 forward', ['red', 'blue', 'green']],
      ['Move picture 2 forward', ['blue', 'red', 'green']],
      ['Move picture 2 back', ['blue', 'green', 'red']],
    ] as const) {
      await button(admin, name).click();
      await expect.poll(shown).toEqual(then);
    }
    expect(waiting).toHaveLength(1);
    letGo();
    await inputs.first().fill('navy');
    await inputs.first().press('Enter');
    const kept = async () => (await product('PRINT')).images.map(({ alt }) => alt);
    await expect.poll(kept, { timeout: 10_000 }).toEqual(['navy', 'green', 'red']);

    const keys: (string | undefined)[] = [];
    admin.on('request', (request) => {
      if (request.url().endsWith('/PRINT/image')) keys.push(request.headers()['idempotency-key']);
    });
    await loseAnswer(admin, 'POST', '/api/products/PRINT/image');
    expectComplaints(/ERR_FAILED/);
    await admin.locator('input[type=file]').setInputFiles(await jpeg('#888888'));
    await admin.getByText('The picture did not arrive').waitFor();
    const again = await hold(admin, 'POST', '/api/products/PRINT/image');
    await button(admin, 'Try again: 888888.jpg').click();
    await admin.getByRole('link', { name: 'Orders', exact: true }).first().click();
    await admin.getByText('Leave while pictures are on their way?').waitFor();
    await button(admin, 'Stay').click();
    again.letGo();
    await admin.getByText('4 of 8').waitFor();
    expect((await product('PRINT')).images).toHaveLength(4);
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), keys[0]]);
  });

  test('is told when the services cannot be read, and not that all is well before it is known', async () => {
    const admin = await owner();
    await admin.route('**/api/health', (route) => route.fulfill({ contentType: 'text/html', body: '<p>A proxy</p>' }));
    await admin.route('**/api/inventory?status=out_of_stock**', () => undefined);
    await admin.goto('/admin');
    await admin.getByText('What the shop says of its services cannot be read').waitFor();
    await admin.getByRole('region', { name: 'Low stock' }).getByLabel('Loading').waitFor();
    expect(await admin.getByText('Everything is well in stock').count()).toBe(0);
  });
});
