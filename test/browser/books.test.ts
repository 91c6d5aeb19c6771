/** The books in the admin: in order, out of order and named, looked at again, and what cannot be looked at. */
import { describe, expect, test } from 'vitest';
import { ACROSS } from '../../src/audit/order.ts';
import { expectComplaints, faultsInLooks, hasBrowser, owner, shop, useShop } from './browser.ts';

const more = (by: number) =>
  shop.query(
    'inventory',
    `update levels set on_hand = on_hand + ${by}, updated_at = now() where product_id = 'PROD001'`,
  );

describe.skipIf(!hasBrowser())('the books', () => {
  useShop();

  test('say that they are in order, what is not and where, and that it is again', async () => {
    const page = await owner();
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.getByText(/All books are in order\. The last look at everything was/).waitFor();
    const menu = page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Books' });
    expect(await menu.innerText()).not.toMatch(/\d/);
    await more(1);
    await page.getByRole('button', { name: 'Look at everything' }).click();
    await page.getByText('1 thing is not in order').waitFor();
    await expect.poll(() => menu.innerText()).toMatch(/^Books\s*1$/);
    const room = page.getByRole('region', { name: 'Books of inventory' });
    await room.getByText('the level says').waitFor();
    expect(await room.getByRole('link', { name: 'PROD001' }).getAttribute('href')).toBe('/admin/products/PROD001');
    expect(await faultsInLooks(page)).toEqual([]);
    await more(-1);
    await page.getByRole('button', { name: 'Look at everything' }).click();
    await page.getByText('All books are in order.').waitFor();
  });

  test('say what could not be looked at, and show the rest while one room is away', async () => {
    // It would have looked again within the minute, and found nothing wrong.
    await shop.shop.services.get('orders')?.auditor?.worker.stop();
    await shop.query('orders', `update audit_checks set problem = 'payments answered 503' where rule = $1`, [ACROSS]);
    const page = await owner();
    await page.goto('/admin/books');
    await page.getByText('Could not be looked at: payments answered 503').waitFor();
    await page.getByText('not everything could be looked at').waitFor();
    expectComplaints(/503/);
    await page.route('**/api/audit/payments', (route) =>
      route.fulfill({ status: 503, json: { title: 'Away', status: 503 } }),
    );
    await page.reload();
    await page.getByRole('region', { name: 'Books of payments' }).getByRole('button', { name: 'Try again' }).waitFor();
    await page.getByRole('region', { name: 'Books of orders' }).getByText('History has no gaps').waitFor();
  });
});
