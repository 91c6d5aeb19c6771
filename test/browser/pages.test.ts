/** Every page of shop and admin, in both themes: what axe-core says of it, what it weighs, how soon it can be used. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PlacedOrder } from '../harness.ts';
import {
  addToCart,
  expectComplaints,
  faultsInLooks,
  faultsOf,
  hasBrowser,
  owner,
  register,
  shop,
  useShop,
  visitor,
} from './browser.ts';

/** Bytes of scripts, as they travel. */
const FIRST_LOAD = 150 * 1024;

describe.skipIf(!hasBrowser())('the pages', () => {
  let order: PlacedOrder;
  let customer: string;
  useShop();
  beforeAll(async () => {
    order = await shop.place();
    await shop.until(order, 'confirmed');
    const body = { email: 'known@example.com', name: 'Known Customer', password: 'correct horse battery' };
    customer = (await shop.call<{ id: string }>('/api/customers', { method: 'POST', body, token: await shop.admin() }))
      .body.id;
  });

  describe('in both themes, wide and narrow,', () => {
    test('of the shop have no fault that axe finds', async () => {
      const page = await visitor();
      const faults: string[] = [];
      const look = async (path: string, landmark: string) => {
        await page.goto(path);
        await page.getByText(landmark).first().waitFor();
        faults.push(...(await faultsInLooks(page)));
      };
      await look('/', 'New in the shop');
      await look('/products?search=lamp', 'Desk Lamp');
      await look('/products?search=qqqq', 'Nothing fits');
      await look('/products/1', 'Laptop Pro 14');
      await look('/cart', 'Your cart is empty');
      await addToCart(page, '456', 'PROD001');
      faults.push(...(await faultsInLooks(page)));
      await look('/cart', 'To the checkout');
      await look('/checkout', 'Test card: declined');
      await look(`/orders/${order.id}?token=${order.guest_token}`, 'Waiting to be shipped');
      await page.getByRole('button', { name: 'Cancel the order' }).click();
      await page.getByRole('dialog').waitFor();
      faults.push(...(await faultsInLooks(page)));
      await look('/login', 'Forgot the password?');
      await look('/register', 'Open the account');
      await look('/forgot-password', 'Send me a link');
      await look('/reset-password?token=x', 'Set it');
      await register(page, 'looked.at@example.com');
      await look('/account', 'Profile');
      await look('/account/orders', 'No orders yet');
      await look('/account/addresses', 'No addresses yet');
      expect(faults).toEqual([]);
    });
  });

  describe('in both themes, wide and narrow,', () => {
    test('of the admin have no fault that axe finds', async () => {
      const page = await owner();
      const faults: string[] = [];
      for (const path of [
        '/',
        '/orders',
        '/orders?status=failed',
        `/orders/${order.id}`,
        `/orders/${order.id}/x-ray`,
        '/products',
        '/products/new',
        '/products/PROD001',
        '/stock',
        '/stock/ledger',
        '/customers',
        `/customers/${customer}`,
        '/customers/new',
        '/payments',
        '/payments/refunds',
        '/payments/events',
        '/notifications',
        '/notifications/suppressions',
        '/dead-letters',
        '/dead-letters/orders',
        '/activity?service=customers',
        '/webhooks',
        '/nowhere',
      ]) {
        await page.goto(`/admin${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await expect.poll(() => page.locator('.skeleton').count(), { timeout: 10_000 }).toBe(0);
        if (path === '/') await page.locator('.figure-row').getByText('$').first().waitFor();
        faults.push(...(await faultsInLooks(page)));
      }
      const over = async (opened: string) => {
        await page.locator(opened).waitFor();
        faults.push(...(await faultsInLooks(page)));
        await page.keyboard.press('Escape');
        await page.locator(opened).waitFor({ state: 'detached' });
      };
      await page.goto(`/admin/orders/${order.id}`);
      await page.getByRole('button', { name: 'Cancel order' }).click();
      await over('.dialog');
      await page.keyboard.press('Control+k');
      await page.keyboard.type('laptop');
      await page.getByRole('option', { name: /Laptop Pro/ }).waitFor();
      await over('.palette');
      await page.locator('.user:visible').click();
      await page.locator('.menu').waitFor();
      faults.push(...(await faultsInLooks(page)));
      await page.setViewportSize({ width: 390, height: 900 });
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.locator('.user:visible').click();
      await page.locator('.menu').waitFor();
      faults.push(...(await faultsOf(page)));
      await page.getByRole('menuitem', { name: 'Log out' }).click();
      await page.getByLabel('Password').waitFor();
      faults.push(...(await faultsInLooks(page)));
      expect(faults).toEqual([]);
    });
  });

  test.each([
    '/login',
    '/admin/login',
  ])('send a form once, and keep the focus, whoever is impatient (%s)', async (path) => {
    expectComplaints(/401/);
    const page = await visitor();
    let sent = 0;
    await page.route('**/api/auth/login', async (route) => {
      sent += 1;
      await sleep(500);
      await route.continue();
    });
    await page.goto(path);
    await page.getByLabel('E-mail').fill('nobody@example.com');
    await page.getByLabel('Password').fill('not the password');
    const button = page.locator('form').getByRole('button', { name: 'Log in' });
    await button.click();
    await page.locator('form [aria-busy="true"]').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Log in');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password').press('Enter');
    await page.getByText('E-mail or password is wrong').waitFor();
    expect(sent).toBe(1);
    await Promise.all([page.waitForResponse('**/api/auth/login'), button.click()]);
    expect(sent).toBe(2);
  });

  test('of the shop load at most 150 kB of scripts at first, and nothing moves while they do', async () => {
    const page = await visitor();
    let bytes = 0;
    page.on('response', async (response) => {
      if (!response.url().endsWith('.js')) return;
      const { responseBodySize } = await response.request().sizes();
      bytes += responseBodySize;
    });
    await page.addInitScript(`
      window.moved = 0;
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.moved += value;
      }).observe({ type: 'layout-shift', buffered: true });`);
    for (const path of ['/products', '/', '/products/PROD001']) {
      await page.goto(path, { waitUntil: 'networkidle' });
      expect([path, await page.evaluate('moved < 0.02 || moved')]).toEqual([path, true]);
    }
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(FIRST_LOAD);
  });

  test('of a catalogue with 1,000 products can be used within 1.5 s', async () => {
    await shop.query(
      'catalog',
      `insert into products (product_id, name, description, category, price, currency, availability, search, created_at, updated_at)
       select 'K' || n, 'Thing ' || n, '', 'Things', 100 + n, 'USD', 'in_stock', to_tsvector('simple', 'thing ' || n), now(), now()
       from generate_series(1, 1000) n`,
    );
    await shop.query(
      'catalog',
      `insert into product_prices select product_id, currency, price from products where product_id like 'K%' on conflict do nothing`,
    );
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const page = await visitor();
      const started = performance.now();
      await page.goto('/products', { waitUntil: 'commit' });
      await page.locator('.product-card .product-name').first().waitFor();
      await page.getByLabel('Sort by').selectOption('newest');
      await page.waitForURL(/sort=newest/);
      times.push(performance.now() - started);
    }
    // The best of three: other tests use the same two cores.
    expect(Math.min(...times)).toBeLessThan(1_500);
  });
});
