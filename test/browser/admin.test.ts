/** A day of the shop's owner: in a real browser, on a whole shop. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectInvariants } from '../invariants.ts';
import { picture } from '../pictures.ts';
import {
  addToCart,
  expectComplaints,
  fillCheckout,
  hasBrowser,
  orderButton,
  owner,
  register,
  shop,
  useShop,
  visitor,
} from './browser.ts';

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

/** What it says now is what it says until it goes on. */
async function slowLedger(page: Page): Promise<{ goOn: () => void }> {
  const answered = page.waitForResponse(/\/movements/);
  await page.reload();
  const old = await (await answered).text();
  let late = true;
  await page.route(/\/movements/, (route) =>
    late ? route.fulfill({ contentType: 'application/json', body: old }) : route.continue(),
  );
  return {
    goOn: () => {
      late = false;
    },
  };
}

describe.skipIf(!hasBrowser())('the owner', () => {
  useShop();

  test('adds a product with a picture, sells it, ships it and gives a part of the money back', async () => {
    const admin = await owner();
    await admin.goto('/admin/products/new');
    await admin.getByLabel('Name').fill('Brass Compass');
    await admin.getByLabel('SKU').fill('COMPASS');
    await admin.getByLabel('Category').fill('Navigation');
    await admin.getByLabel('Price', { exact: true }).first().fill('48.00');
    await admin.getByLabel('How many there are').fill('7');
    const compass = await picture(900, 900, '#b08030').jpeg().toBuffer();
    await admin
      .locator('input[type=file]')
      .setInputFiles({ name: 'compass.jpg', mimeType: 'image/jpeg', buffer: compass });
    await admin.getByRole('button', { name: 'Save' }).click();
    await heading(admin, 'Brass Compass').waitFor();
    await admin.getByText('1 of 8').waitFor();

    const shopper = await visitor();
    await addToCart(shopper, 'COMPASS');
    expect(await shopper.evaluate(`document.querySelector('.gallery img').naturalWidth`)).toBeGreaterThan(300);
    await fillCheckout(shopper, { email: 'sailor@example.com' });
    await orderButton(shopper).click();
    await shopper.locator('.order-head').getByText('Confirmed').waitFor();

    await admin.goto('/admin/orders?text=sailor');
    await admin.getByRole('link', { name: /#\d+/ }).first().click();
    await admin.getByRole('region', { name: 'Stock' }).getByText('Held for an order').waitFor();
    // Inventory has not heard of it yet when the page asks.
    const ledger = await slowLedger(admin);
    await admin.getByRole('button', { name: 'Ship', exact: true }).click();
    const ship = admin.getByRole('dialog');
    await ship.getByLabel('Tracking number').fill('BS-77');
    await ship.getByLabel('Carrier').fill('Blue Sail');
    await ship.getByRole('button', { name: 'Ship', exact: true }).click();
    await shopper.getByText('BS-77').waitFor();
    await shopper.locator('.timeline strong', { hasText: 'Your parcel is on its way' }).waitFor();
    await admin.getByRole('region', { name: 'Timeline' }).getByText('Shipped').waitFor();
    ledger.goOn();
    await admin.getByRole('region', { name: 'Stock' }).getByText('Left the building').waitFor();

    await admin.getByRole('button', { name: 'Refund' }).click();
    const refund = admin.getByRole('dialog');
    await refund.getByLabel('Amount in USD').fill('60');
    await refund.getByText('At most $48.00').waitFor();
    await refund.getByLabel('Amount in USD').fill('8.50');
    await refund.getByLabel('Why').fill('A scratch on the lid');
    await refund.getByRole('button', { name: 'Refund $8.50' }).dblclick();
    await shopper.getByText('$8.50 of it has gone back to you.').waitFor();
    await shop.quiet();
    await admin.goto('/admin/payments');
    const payment = admin.getByRole('row', { name: /#\d+/ }).filter({ hasText: 'Paid, partly refunded' });
    await payment.getByText('$8.50').waitFor();
    const refunds = await shop.query('payments', `select amount::text from refunds`);
    expect(refunds).toEqual([{ amount: '850' }]);
    const [level] = (await shop.call<{ items: { available: number }[] }>('/api/inventory?ids=COMPASS')).body.items;
    expect(level?.available).toBe(6);
    await expectInvariants(shop.query);
  });

  test('ships many orders at once, and is told which ones could not be', async () => {
    const orders = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        shop.place({ email: `bulk${n}@example.com`, items: [{ product_id: '456', quantity: 1 }] }),
      ),
    );
    for (const order of orders) await shop.until(order, 'confirmed');
    const admin = await owner();
    await admin.goto('/admin/orders?status=confirmed&text=bulk');
    await admin.getByText('bulk4@example.com').or(admin.getByText(/#\d+/)).first().waitFor();
    for (const { number } of orders) await admin.getByRole('checkbox', { name: new RegExp(`${number}`) }).check();
    // One of them is cancelled meanwhile.
    const [gone, ...rest] = orders as [(typeof orders)[0]];
    await shop.call(`/api/orders/${gone.id}/cancel?token=${gone.guest_token}`, { method: 'POST', body: {} });
    expectComplaints(/409/);
    await admin.getByRole('button', { name: 'Mark as shipped' }).click();
    await admin.getByRole('dialog').getByRole('button', { name: 'Mark as shipped' }).click();
    await admin.getByText('3 orders shipped, 1 refused').waitFor();
    for (const order of rest) await shop.until(order, 'shipped');
    expect((await shop.get(gone)).status).toBe('cancelled');
  });

  test('replenishes what is low, with its movement in the ledger', async () => {
    await shop.product({ product_id: 'ROPE', stock: 2 });
    const admin = await owner();
    await admin.goto('/admin/products/ROPE');
    await admin.getByRole('button', { name: 'Replenish' }).click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByRole('textbox').first().fill('40');
    await dialog
      .getByRole('button', { name: /Replenish|Add/ })
      .last()
      .click();
    await dialog.waitFor({ state: 'detached' });
    await admin.goto('/admin/stock/ledger?product=ROPE');
    await admin.getByText('+40').first().waitFor();
  });

  test('exports orders as a file that a spreadsheet reads', async () => {
    const { number } = await shop.place({ email: 'export@example.com' });
    const admin = await owner();
    await admin.goto('/admin/orders');
    const [file] = await Promise.all([
      admin.waitForEvent('download'),
      admin.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/^orders-\d{4}-\d\d-\d\d\.csv$/);
    const text = await readFile((await file.path()) as string, 'utf8');
    expect(text).toMatch(new RegExp(`\\n${number},`));
  });

  test('is the only one who gets in: a customer is told so, and sees nothing', async () => {
    const page = await visitor();
    await register(page, 'curious@example.com');
    await page.goto('/admin/orders');
    await heading(page, 'This is the shop’s office').waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
  });
});
