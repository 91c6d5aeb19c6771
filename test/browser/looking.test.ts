/** Looking around, and an account's life: in a real browser on a whole shop. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../harness.ts';
import { addToCart, expectComplaints, hasBrowser, newTab, register, shop, useShop, visitor } from './browser.ts';

const cards = (page: Page) => page.locator('a.product-card');
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name });

describe.skipIf(!hasBrowser())('who looks around', () => {
  useShop();
  beforeAll(async () => {
    for (let i = 0; i < 60; i++) {
      await shop.call('/api/products', {
        method: 'POST',
        token: await shop.admin(),
        body: {
          product_id: `P-${i}`,
          name: `Postcard ${String(i).padStart(2, '0')}`,
          category: 'Postcards',
          price: '1.50',
          // Enough that the owner is not mailed of each: other mails would have to wait for those.
          stock: 50,
        },
      });
    }
  });

  test('finds by typing, also with a typing mistake, and one step back leads to where one was', async () => {
    const page = await visitor();
    await page.goto('/');
    await page.getByLabel('Search products').pressSequentially('hedphones', { delay: 250 });
    await heading(page, '“hedphones”').waitFor();
    await page.getByText('Nothing has “hedphones” in it').waitFor();
    await page.getByRole('link', { name: /Wireless Headphones/ }).waitFor();
    await page.goBack();
    await heading(page, 'New in the shop').waitFor();
    // A pause between two words loses nothing.
    for (const words of ['wireless ', 'head']) {
      await page.getByLabel('Search products').pressSequentially(words);
      await page.waitForURL(new RegExp(`search=wireless${words === 'head' ? '(\\+|%20)head' : ''}$`));
    }
    await heading(page, '“wireless head”').waitFor();
  });

  test('filters and sorts, and the address says how', async () => {
    const page = await visitor();
    await page.goto('/products');
    await page.getByRole('link', { name: 'Audio', exact: true }).click();
    await page.getByLabel('Sort by').selectOption('price');
    await page.getByLabel('Price to').fill('80');
    await page.getByLabel('Price to').press('Enter');
    expect(await page.locator('.price-input').count()).toBe(2);
    await page.waitForURL(/category=Audio.*sort=price.*max_price=80$/);
    await eventually(async () => (await cards(page).allTextContents()).join().includes('Speaker'));
    const shared = await visitor();
    await shared.goto(page.url());
    await heading(shared, 'Audio').waitFor();
    await cards(shared).first().waitFor();
    expect(await cards(shared).allTextContents()).toEqual(await cards(page).allTextContents());
  });

  test('chooses faster than a slow machine draws, and nothing chosen is lost', async () => {
    const page = await visitor();
    await page.goto('/products?category=Audio');
    await cards(page).first().waitFor();
    // Three choices in one task: no page is drawn between them.
    await page.evaluate(`
      document.querySelector('.filters input[type=checkbox]').click();
      const sort = document.querySelector('.filters select');
      sort.value = 'price';
      sort.dispatchEvent(new Event('change', { bubbles: true }));`);
    await page.waitForURL(/category=Audio&available=yes&sort=price$/);
  });

  test('reads on and on while scrolling, each product once, and comes back to the same place', async () => {
    const page = await visitor();
    await page.goto('/products?category=Postcards');
    await cards(page).first().waitFor();
    expect(await cards(page).count()).toBe(24);
    await eventually(async () => {
      await page.mouse.wheel(0, 4_000);
      return (await cards(page).count()) === 60;
    });
    const names = await page.locator('.product-name').allTextContents();
    expect(new Set(names).size).toBe(60);
    await page.getByRole('link', { name: 'Postcard 57' }).click();
    await heading(page, 'Postcard 57').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Postcard 57' }).waitFor();
    expect(await cards(page).count()).toBe(60);
    expect(await page.evaluate('scrollY')).toBeGreaterThan(1_000);
  });

  test('sees what is left change while looking at it', async () => {
    await shop.product({ product_id: 'FEW', stock: 3, price: '4.00' });
    const page = await visitor();
    await page.goto('/products/FEW');
    await page.getByText('Only 3 left').waitFor();
    await shop.until(await shop.place({ items: [{ product_id: 'FEW', quantity: 3 }] }), 'confirmed');
    await page.getByText('Sold out at the moment').waitFor();
    expect(await page.getByRole('button', { name: 'Sold out' }).isDisabled()).toBe(true);
  });

  test('keeps the cart over a reload, and has it in a second tab at once', async () => {
    const page = await visitor();
    await addToCart(page, '456');
    const other = await newTab(page.context());
    await other.goto('/cart');
    await other.getByRole('link', { name: 'Mouse' }).waitFor();
    await other.getByRole('button', { name: 'One more' }).click();
    await page.getByRole('link', { name: 'Cart 2 items' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Cart 2 items' }).waitFor();
  });

  test('gets along with a cart that is full, and with storage that somebody else has written into', async () => {
    const page = await visitor();
    await page.goto('/cart');
    const full = Array.from({ length: 100 }, (_, i) => ({ product_id: i < 60 ? `P-${i}` : `GONE-${i}`, quantity: 1 }));
    await page.evaluate(`localStorage.setItem('tradewind.cart', '${JSON.stringify({ lines: full })}')`);
    await page.goto('/products/456');
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByText('A cart holds 100 different products at most').waitFor();
    await page.goto('/cart');
    await page.getByText('This is no longer sold; please remove it.').first().waitFor();
    expect(await page.locator('.cart-line').count()).toBe(100);
    for (const name of ['cart', 'attempt', 'orders', 'currency', 'account', 'currencies']) {
      await page.evaluate(
        `localStorage.setItem('tradewind.${name}', '{"lines":[null,{"product_id":7}],"body":1,"key":"x"}')`,
      );
    }
    await page.evaluate(`sessionStorage.setItem('tradewind.checkout', '{"address":null,"name":7}')`);
    await page.goto('/checkout');
    await heading(page, 'There is nothing to order').waitFor();
    await page.goto('/products');
    await cards(page).first().waitFor();
  });

  test('gets along without any storage', async () => {
    const page = await visitor();
    await page.addInitScript(`for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError') } })`);
    await page.goto('/');
    await page.getByRole('link', { name: 'All', exact: true }).click();
    await page.getByRole('link', { name: 'Mouse' }).click();
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByRole('link', { name: 'Cart 1 item' }).click();
    await page.getByRole('link', { name: 'To the checkout' }).waitFor();
  });

  test('takes the cart into the account and to every device, and leaves it there when logging out', async () => {
    const email = 'cart@example.com';
    const page = await visitor();
    await register(page, email);
    await addToCart(page, '456');
    const phone = await visitor();
    await addToCart(phone, 'PROD001');
    await phone.goto('/login?next=/cart');
    await phone.getByLabel('E-mail').fill(email);
    await phone.getByLabel('Password', { exact: true }).fill('correct horse battery');
    await phone.getByRole('button', { name: 'Log in' }).click();
    await phone.getByRole('link', { name: 'Mouse' }).waitFor();
    await phone.getByRole('link', { name: 'Wireless Headphones' }).waitFor();
    await page.goto('/cart');
    await page.getByRole('link', { name: 'Wireless Headphones' }).waitFor();
    await page.goto('/account');
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await page.getByRole('link', { name: 'Cart 0 items' }).waitFor();
    expect(await shop.query('customers', 'select 1 from carts')).toHaveLength(1);
  });

  test('stays logged in over a reload and in a second tab, and is out of both at once', async () => {
    const page = await visitor();
    await register(page, 'tabs@example.com');
    const other = await newTab(page.context());
    await Promise.all([page.reload(), other.goto('/account')]);
    for (const tab of [page, other]) await heading(tab, 'Hello, Ada Lovelace').waitFor();
    const cookies = await page.context().cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']]);
    expect(await page.evaluate('JSON.stringify(localStorage) + JSON.stringify(sessionStorage)')).not.toMatch(/eyJ/);
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await heading(other, 'Log in').waitFor();
  });

  test('keeps addresses, and picks one at the checkout', async () => {
    const page = await visitor();
    await register(page, 'home@example.com');
    await page.getByRole('link', { name: 'Addresses' }).click();
    await page.getByRole('button', { name: 'Add an address' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name of this address').fill('Home');
    await dialog.getByLabel('Street and number').fill('1 Quay');
    await dialog.getByLabel('City').fill('Porto');
    await dialog.getByLabel('Country').selectOption('PT');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Default', { exact: true }).waitFor();
    await addToCart(page, '456');
    await page.goto('/checkout');
    await page.getByLabel('From your address book').selectOption({ index: 1 });
    expect(await page.getByLabel('City').inputValue()).toBe('Porto');
    expect(await page.getByLabel('Country').inputValue()).toBe('PT');
  });

  test('gets a new password by mail', async () => {
    const page = await visitor();
    await register(page, 'forgot@example.com');
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await page.getByRole('link', { name: 'Log in' }).waitFor();
    await page.goto('/login');
    await page.getByRole('link', { name: 'Forgot the password?' }).click();
    // The login asks for an e-mail, too, and stays until this page is loaded.
    await heading(page, 'Forgotten password').waitFor();
    await page.getByLabel('E-mail').fill('forgot@example.com');
    await page.getByRole('button', { name: 'Send me a link' }).click();
    await page.getByText('a mail with a link is on its way').waitFor();
    let link = '';
    await eventually(async () => {
      for (const { id } of await shop.mails('forgot@example.com')) {
        link = /http\S+\/reset-password\?token=\S+/.exec(await shop.mailText(id))?.[0] ?? link;
      }
      return link !== '';
    });
    await page.goto(link);
    await page.getByLabel('New password').fill('a brand new sentence');
    await page.getByRole('button', { name: 'Set it' }).click();
    await page.getByLabel('E-mail').fill('forgot@example.com');
    await page.getByLabel('Password', { exact: true }).fill('a brand new sentence');
    await page.getByRole('button', { name: 'Log in' }).click();
    await heading(page, 'Hello, Ada Lovelace').waitFor();

    expectComplaints(/422/);
    await page.goto(link);
    await page.getByLabel('New password').fill('another new sentence');
    await page.getByRole('button', { name: 'Set it' }).click();
    await page.getByText('This link was used already').waitFor();
    await page.getByRole('link', { name: 'Ask for another link' }).click();
    await heading(page, 'Forgotten password').waitFor();
  });

  test('sees what still works when a room is away, and goes on when it is back', async () => {
    expectComplaints(/503/);
    const page = await visitor();
    const away = { status: 503, contentType: 'application/problem+json', headers: { 'retry-after': '0' } };
    const body = JSON.stringify({ title: 'A part of the shop is not available right now', detail: 'catalog' });
    await page.route('**/api/products*', (route) => route.fulfill({ ...away, body }));
    await page.goto('/products');
    await heading(page, 'A part of the shop is not available right now').waitFor();
    await page.unroute('**/api/products*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await cards(page).first().waitFor();
  });

  test('is told clearly of pages and products that are not there', async () => {
    expectComplaints(/404/, /422/);
    const page = await visitor();
    expect((await page.goto('/nowhere'))?.status()).toBe(404);
    await heading(page, 'There is no such page').waitFor();
    await page.goto('/products/NOPE');
    await heading(page, 'There is no such product').waitFor();
    await page.goto('/products/%2e%2e%2fadmin');
    await heading(page, 'There is no such product').waitFor();
    await page.goto(`/products?search=${'x'.repeat(201)}`);
    await heading(page, 'Nothing fits').waitFor();
  });
});
