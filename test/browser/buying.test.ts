/** Buying, as people do it: in a real browser, on a whole shop, with what goes wrong when people buy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import type { CollectedSpan } from '../collector.ts';
import { startCollector } from '../collector.ts';
import { eventually } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';
import {
  addToCart,
  expectComplaints,
  fillCheckout,
  hasBrowser,
  newTab,
  orderButton,
  ordersOf,
  register,
  shop,
  useShop,
  visitor,
} from './browser.ts';

/** What the field in focus is for. */
const focused = (page: Page) => page.evaluate<string>('document.activeElement.autocomplete');
const step = (page: Page, words: string) => page.locator('.timeline strong', { hasText: words });

const collector = await startCollector();
afterAll(() => collector.close());

describe.skipIf(!hasBrowser())('a shopper', () => {
  useShop({ settings: { PAYMENT_LATENCY_MS: '300', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });

  test('buys as a guest, watches the order become confirmed, and finds it again by the mail', async () => {
    const page = await visitor();
    await addToCart(page, 'PROD001', '456');
    await page.getByRole('link', { name: /Cart 2 items/ }).click();
    await page.getByText('$104.99').first().waitFor();
    await fillCheckout(page, { email: 'guest@example.com' });
    await orderButton(page).click();
    await page.waitForURL(/\/orders\/[0-9a-f-]{36}\?token=/);
    await step(page, 'Your order arrived').waitFor();
    await step(page, 'Everything is held for you').waitFor();
    await step(page, 'Paid').waitFor();
    await page.locator('.order-head').getByText('Confirmed').waitFor();
    await page.getByRole('link', { name: 'Cart 0 items' }).waitFor();

    let link = '';
    await eventually(async () => {
      const [mail] = await shop.mails('guest@example.com');
      if (mail) link = /http:\S+\/orders\/\S+/.exec(await shop.mailText(mail.id))?.[0] ?? '';
      return link !== '';
    });
    const elsewhere = await visitor();
    await elsewhere.goto(link);
    await elsewhere.getByRole('heading', { name: /Order \d+/ }).waitFor();
    await step(elsewhere, 'Paid').waitFor();
    await expectInvariants(shop.query);

    // From the click to the mail it is one trace.
    const { spans } = collector;
    const clicked = () => spans.find(({ service, name }) => service === 'browser' && name === 'POST /api/checkout');
    await eventually(async () => clicked() !== undefined);
    const { trace, id } = clicked() as CollectedSpan;
    expect(spans.find(({ parent }) => parent === id)).toMatchObject({ service: 'gateway', name: 'POST /api/checkout' });
    expect(spans.some((span) => span.trace === trace && span.name === 'send email')).toBe(true);
  });

  test('is told that a payment was declined, and can try again with the same things', async () => {
    const page = await visitor();
    await addToCart(page, 'PROD003');
    await fillCheckout(page, { email: 'declined@example.com', method: 'pm_declined' });
    await orderButton(page).click();
    await page.getByText('This order did not go through: the payment was declined.').waitFor();
    await step(page, 'The payment was declined').waitFor();
    await step(page, 'What was held is for sale again').waitFor();
    await page.getByRole('button', { name: 'Put it into the cart again' }).click();
    await page.getByRole('link', { name: /Cart 1 item/ }).waitFor();
  });

  test('learns in the cart, before the checkout, what was sold out and what costs another price now', async () => {
    await shop.product({ product_id: 'LAST-ONE', stock: 1, price: '5.00' });
    await shop.product({ product_id: 'FEWER', stock: 3, price: '2.00' });
    await shop.product({ product_id: 'DEARER', stock: 9, price: '10.00' });
    const page = await visitor();
    await addToCart(page, 'LAST-ONE', 'DEARER', 'FEWER', 'FEWER', 'FEWER');
    const all = { email: 'faster@example.com', items: [{ product_id: 'FEWER', quantity: 1 }] };
    await shop.until(await shop.place(all), 'confirmed');
    await shop.until(await shop.place({ items: [{ product_id: 'LAST-ONE', quantity: 1 }] }), 'confirmed');
    const token = await shop.admin();
    await shop.call('/api/products/DEARER', { method: 'PATCH', token, body: { price: '12.50' } });
    await page.goto('/cart');
    await page.getByText('Sold out in the meantime').waitFor();
    await page.getByText('The price has changed from $10.00 to $12.50').waitFor();
    await page.getByText('Something in the cart cannot be had like this any more').waitFor();
    expect(await page.getByRole('link', { name: 'To the checkout' }).count()).toBe(0);
    await page.locator('li', { hasText: 'FEWER' }).getByText('Only 2 left.').waitFor();
    await page.getByRole('button', { name: 'Take 2' }).click();
    await page.locator('li', { hasText: 'FEWER' }).getByRole('button', { name: 'Remove' }).click();
    await page.locator('li', { hasText: 'LAST-ONE' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'All right' }).click();
    await page.getByRole('link', { name: 'To the checkout' }).click();
    await page.getByRole('button', { name: 'Order and pay $12.50' }).waitFor();
  });

  test('is not charged another price than the page shows, also when it changes at the last moment', async () => {
    expectComplaints(/409/);
    await shop.product({ product_id: 'MOVING', stock: 9, price: '10.00' });
    const page = await visitor();
    await addToCart(page, 'MOVING');
    await fillCheckout(page, { email: 'moving@example.com' });
    // The page goes on believing what it has read.
    await page.route('**/api/products?**', (route) => route.abort());
    expectComplaints(/409/, /ERR_FAILED/);
    await shop.call('/api/products/MOVING', { method: 'PATCH', token: await shop.admin(), body: { price: '11.00' } });
    await eventually(async () => {
      const [known] = await shop.query<{ price: string }>(
        'orders',
        `select price::text from products where product_id = 'MOVING'`,
      );
      return known?.price === '1100';
    });
    await orderButton(page).click();
    await page.getByText('A price has just changed.').waitFor();
    expect(await ordersOf('moving@example.com')).toBe(0);
    await page.unroute('**/api/products?**');
    await page.getByRole('button', { name: 'Order and pay $11.00' }).click();
    await page.waitForURL(/\/orders\//);
    expect(await ordersOf('moving@example.com')).toBe(1);
  });

  test('orders once, and asks once, with a double click and an impatient Enter; the focus stays where it is', async () => {
    const page = await visitor();
    await addToCart(page, 'PROD004');
    await fillCheckout(page, { email: 'double@example.com' });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(new URL(request.url()).pathname);
    });
    await page.route('**/api/checkout', async (route) => {
      await sleep(500);
      await route.continue();
    });
    await orderButton(page).dblclick();
    await page.getByRole('button', { name: 'Ordering…' }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Ordering…');
    await page.keyboard.press('Enter');
    await page.getByLabel('City').press('Enter');
    await page.waitForURL(/\/orders\//);
    await step(page, 'Paid').waitFor();
    expect(asked.filter((path) => path === '/api/checkout')).toHaveLength(1);
    expect(await ordersOf('double@example.com')).toBe(1);
  });

  test('orders once when the answer is lost, by asking again or by loading the page again', async () => {
    expectComplaints(/ERR_FAILED/);
    for (const again of ['button', 'reload'] as const) {
      const email = `lost-${again}@example.com`;
      const page = await visitor();
      await addToCart(page, 'PROD004');
      await fillCheckout(page, { email });
      await page.route('**/api/checkout', async (route) => {
        await route.fetch();
        await route.abort();
      });
      await orderButton(page).click();
      await page.getByRole('heading', { name: 'Did your order arrive?' }).waitFor();
      expect(await ordersOf(email)).toBe(1);
      await page.unroute('**/api/checkout');
      if (again === 'button') await page.getByRole('button', { name: 'Ask again' }).click();
      else await page.reload();
      await page.waitForURL(/\/orders\//);
      await step(page, 'Your order arrived').waitFor();
      expect(await ordersOf(email)).toBe(1);
    }
  });

  test('is asked before an order is sent again that was changed meanwhile, or is long ago', async () => {
    expectComplaints(/ERR_FAILED/);
    const page = await visitor();
    await addToCart(page, 'PROD004');
    await fillCheckout(page, { email: 'doubt@example.com' });
    await page.route('**/api/checkout', (route) => route.abort());
    await orderButton(page).click();
    await page.getByRole('heading', { name: 'Did your order arrive?' }).waitFor();
    await page.unroute('**/api/checkout');
    await addToCart(page, '456');
    await page.goto('/checkout');
    await page.getByText('you ordered for $59.99 as doubt@example.com').waitFor();
    expect(await ordersOf('doubt@example.com')).toBe(0);
    await page.getByRole('button', { name: 'Ask again' }).click();
    await step(page, 'Your order arrived').waitFor();
    expect(await ordersOf('doubt@example.com')).toBe(1);
    // What was added later was not ordered.
    await page.getByRole('link', { name: 'Cart 1 item' }).waitFor();
  });

  test('never orders on the account of who comes next', async () => {
    expectComplaints(/ERR_FAILED/);
    const page = await visitor();
    await register(page, 'alice@example.com');
    await addToCart(page, 'PROD004');
    await fillCheckout(page);
    await page.route('**/api/checkout', (route) => route.abort());
    await orderButton(page).click();
    await page.getByRole('heading', { name: 'Did your order arrive?' }).waitFor();
    await page.unroute('**/api/checkout');
    await page.goto('/account');
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await page.getByRole('link', { name: 'Log in' }).waitFor();
    await register(page, 'bob@example.com');
    await page.goto('/checkout');
    await page.getByText('There is nothing to order').waitFor();
    await addToCart(page, '456');
    await page.goto('/checkout');
    await page.getByText('bob@example.com').waitFor();
    expect(await page.getByLabel('Street and number').inputValue()).toBe('');
    expect(
      await shop.query('orders', `select 1 from orders where email in ('alice@example.com', 'bob@example.com')`),
    ).toEqual([]);
  });

  test('orders once from two tabs at the same time', async () => {
    const page = await visitor();
    await addToCart(page, 'PROD004');
    const other = await newTab(page.context());
    await fillCheckout(page, { email: 'tabs@example.com' });
    await fillCheckout(other, { email: 'tabs@example.com' });
    // So slow that both have been clicked before the first one is answered.
    await page.context().route('**/api/checkout', async (route) => {
      await sleep(1_000);
      await route.continue();
    });
    await orderButton(page).click();
    await orderButton(other).click();
    await Promise.all([page.waitForURL(/\/orders\//), other.waitForURL(/\/orders\//)]);
    expect(new URL(page.url()).pathname).toBe(new URL(other.url()).pathname);
    expect(await ordersOf('tabs@example.com')).toBe(1);
  });

  test('opens an account, buys, finds the order there, cancels it and sees the money come back', async () => {
    const page = await visitor();
    await register(page, 'ada@example.com');
    await addToCart(page, 'PROD002');
    await fillCheckout(page);
    await page.getByText('Signed in as').waitFor();
    await orderButton(page).click();
    await page.waitForURL(/\/orders\//);
    await page.locator('.order-head').getByText('Confirmed').waitFor();
    await page.goto('/account/orders');
    await page.getByRole('link', { name: /Phone Case/ }).click();
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('$29.99 goes back to you').waitFor();
    await dialog.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByText('This order was cancelled.').waitFor();
    await page.getByText('$29.99 was charged. All of it has gone back to you.').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel the order' }).count()).toBe(0);
    await shop.quiet();
    await expectInvariants(shop.query);
  });

  test('sees bad input where it is, and nothing is ordered', async () => {
    expectComplaints(/422/);
    const page = await visitor();
    await addToCart(page, 'PROD004');
    await fillCheckout(page, { email: 'bad@example.com' });
    await page.getByLabel('Phone').fill('call me');
    await page.getByText('Tell me by SMS too').click();
    await orderButton(page).click();
    await page.locator('.field', { hasText: 'Phone' }).getByText('must be a phone number, such as').waitFor();
    // Spaces are no city; on a phone, too, what is to be filled in is not under the header.
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByLabel('City').fill('   ');
    await page.getByLabel('Street and number').fill('');
    await orderButton(page).click();
    await eventually(async () => (await focused(page)) === 'address-line1');
    await eventually(() =>
      page.evaluate(`(() => {
        const { x, y } = document.activeElement.labels[0].getBoundingClientRect();
        return document.elementFromPoint(x, y) === document.activeElement.labels[0];
      })()`),
    );
    await page.getByLabel('Street and number').fill('12 St James Square');
    await orderButton(page).click();
    await eventually(async () => (await focused(page)) === 'address-level2');
    expect(await ordersOf('bad@example.com')).toBe(0);
    await page.reload();
    expect(await page.getByLabel('Street and number').inputValue()).toBe('12 St James Square');
  });
});
