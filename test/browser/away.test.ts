/** A room behind the gateway is away: what a shopper still sees, what is said of the rest, and that it goes on by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { type GatewayApart, gatewayApart } from '../gateway-apart.ts';
import { PAGES, type PlacedOrder } from '../harness.ts';
import { addToCart, expectComplaints, hasBrowser, owner, register, shop, useShop, visitor } from './browser.ts';

const AWAY = 'A part of the shop is not available right now';

describe.skipIf(!hasBrowser())('a shopper', () => {
  let apart: GatewayApart;
  let lines: GatewayApart['lines'];
  let at: string;
  let order: PlacedOrder;
  useShop();
  beforeAll(async () => {
    order = await shop.place();
    await shop.until(order, 'confirmed');
    apart = await gatewayApart(shop, { PORT_WEB: await freePort(), webDir: PAGES });
    lines = apart.lines;
    at = (apart.gateway.web as string).replace('127.0.0.1', 'localhost');
  });
  afterAll(() => apart?.stop());

  const card = (product: string) => `.product-card:has-text("${product}")`;

  test('without the catalogue still has the order and the cart, is told what is away, and goes on when it is back', async () => {
    expectComplaints(/503/);
    const page = await visitor({ at });
    await addToCart(page, 'PROD001');
    await page.goto('/cart');
    const sum = page.getByRole('complementary', { name: 'Sum' });
    await sum.getByText('$', { exact: false }).waitFor();
    lines.catalog.cut();
    await page.waitForResponse((response) => response.status() === 503);
    await sum.getByText('$', { exact: false }).waitFor();
    expect(await page.getByRole('link', { name: 'To the checkout' }).count()).toBe(1);

    await page.goto(`/orders/${order.id}?token=${order.guest_token}`);
    await page.getByRole('heading', { name: `Order ${order.number}` }).waitFor();
    await page.locator('.order-head').getByText('Confirmed').waitFor();
    await page.getByRole('link', { name: /Cart 1 item/ }).waitFor();

    await page.goto('/products');
    await page.getByRole('heading', { name: AWAY }).waitFor();
    await page.getByText(/^catalog (cannot be reached|does not answer at the moment)$/).waitFor();
    lines.catalog.mend();
    await page.locator(card('Desk Lamp')).waitFor({ timeout: 20_000 });
  });

  test('who is signed in looks around as a guest while accounts are away, and is known again afterwards', async () => {
    expectComplaints(/503/, /404/);
    const page = await visitor({ at });
    await register(page, 'away@example.com');
    lines.customers.cut();
    await page.goto('/');
    await page.locator('.product-card').first().waitFor();
    await page.goto('/products?search=lamp');
    await page.locator(card('Desk Lamp')).waitFor();
    await page.goto('/products/PROD001');
    await page.getByRole('button', { name: 'Add to cart' }).waitFor();
    await page.goto(`/orders/${order.id}?token=${order.guest_token}`);
    await page.getByRole('heading', { name: `Order ${order.number}` }).waitFor();
    // Theirs it may be: nobody can tell now.
    await page.goto(`/orders/${order.id}`);
    await page.getByRole('heading', { name: AWAY }).waitFor();
    await page.goto('/account');
    await page.getByRole('heading', { name: AWAY }).waitFor();
    lines.customers.mend();
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor({ timeout: 20_000 });
  });

  test('and the owner sees in an X-ray which part is away, and all the rest; and all of it when it is back', async () => {
    expectComplaints(/503/, /ERR_/);
    const page = await owner({ at });
    lines.payments.cut();
    await page.goto(`/admin/orders/${order.id}/x-ray`);
    await page.getByRole('heading', { name: 'It is paid, and waits to be shipped.' }).waitFor();
    await page.getByText(/^Payments cannot be asked right now \(payments /).waitFor();
    const charge = page.getByRole('region', { name: 'Charge and refunds' });
    await charge.getByText('Payments cannot be asked right now.').waitFor();
    await page.getByRole('region', { name: 'Stock ledger' }).getByText('Held for an order').waitFor();
    // Orders has its answer.
    await page
      .getByRole('row', { name: /order\.awaiting_payment/ })
      .getByText('Heard')
      .waitFor();
    lines.orders.cut();
    await page.reload();
    await page.getByRole('heading', { name: /^Nobody can say where it stands/ }).waitFor();
    await page
      .getByRole('region', { name: 'Mails and SMS' })
      .getByText(/is confirmed/)
      .waitFor();
    lines.orders.mend();
    lines.payments.mend();
    await charge.getByText('pm_success').waitFor({ timeout: 40_000 });
    await page.getByRole('heading', { name: 'It is paid, and waits to be shipped.' }).waitFor();
  });
});
