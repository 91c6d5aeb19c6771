/** The X-ray of an order in the admin, and its safe part in the shop: in a real browser, on a whole shop. */
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';
import { expectComplaints, faultsInLooks, hasBrowser, owner, shop, useShop, visitor } from './browser.ts';

const stands = (page: Page, words: string | RegExp) => page.getByRole('heading', { level: 2, name: words });
const region = (page: Page, name: string) => page.getByRole('region', { name });
const change = async (id: string, status: string) =>
  shop.call(`/api/orders/${id}/status`, { method: 'PATCH', token: await shop.admin(), body: { status } });

const TRIGGER = `
  create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'the shelf is on fire'; end $$;
  create or replace trigger refusing before insert on allocations for each statement execute function refuse()`;

/** Inventory can be read, and decide nothing, until it is mended. */
const breakInventory = () => shop.query('inventory', TRIGGER);
async function mendInventory() {
  await shop.query('inventory', 'drop trigger if exists refusing on allocations');
  await retryNow();
}
async function retryNow() {
  await shop.query('inventory', `update inbox set available_at = '-infinity' where attempts > 0 and marks = 0`);
  shop.shop.services.get('inventory')?.wake();
}

describe.skipIf(!hasBrowser())('the X-ray', () => {
  useShop();
  afterEach(mendInventory);

  test('follows an order to its end by itself, in words, on its way and in the books', async () => {
    const order = await shop.place({ items: [{ product_id: 'PROD001', quantity: 2 }] });
    await shop.until(order, 'confirmed');
    await shop.quiet();
    const page = await owner();
    await page.goto(`/admin/orders/${order.id}`);
    await page.getByRole('link', { name: 'X-ray' }).click();
    await page.waitForURL(`**/admin/orders/${order.id}/x-ray`);
    await stands(page, 'It is paid, and waits to be shipped.').waitFor();
    await page.getByText('Somebody ships it, or cancels it.').waitFor();
    const way = region(page, 'Its way through the services').getByRole('listitem');
    expect(await way.locator('.break').allInnerTexts()).toEqual([
      'Orders: Placed',
      'Inventory: Holds 2 × Wireless Headphones',
      'Orders: Its goods are held: awaiting payment',
      'Payments: Is to charge $159.98',
      'Payments: Charged',
      'Orders: It is paid: confirmed',
      'Notifications: The mail that it is confirmed: sent',
    ]);
    const rows = region(page, 'Messages between the services').locator('tbody tr');
    expect(await rows.locator('code').allInnerTexts()).toEqual([
      ...['order.placed', 'product.stock.deducted', 'order.awaiting_payment', 'payment.processed', 'order.confirmed'],
    ]);
    await region(page, 'Stock ledger').getByText('reserved +2').waitFor();
    await region(page, 'Charge and refunds').getByText('1 attempt').waitFor();
    await region(page, 'Mails and SMS').getByText('Sent').waitFor();
    await region(page, 'What the shopper reads').getByText('It is paid, and we are getting it ready.').waitFor();

    await change(order.id, 'shipped');
    await stands(page, 'It is on its way to the customer.').waitFor();
    await page.getByText('Somebody marks it as delivered.').waitFor();
    await change(order.id, 'delivered');
    await stands(page, 'It has arrived. Nothing more will happen.').waitFor();
    await region(page, 'Stock ledger').getByText('Left the building').waitFor();
    await page.reload();
    await stands(page, 'It has arrived. Nothing more will happen.').waitFor();
    await expectInvariants(shop.query);
  });

  test('shows what is stuck with its tries, leads to the desk, and sees it go on', async () => {
    await breakInventory();
    const order = await shop.place();
    const page = await owner();
    await page.goto(`/admin/orders/${order.id}/x-ray`);
    await stands(page, 'Its stock is being checked.').waitFor();
    const row = page.getByRole('row', { name: /order\.placed/ });
    await row.getByText('Failing').waitFor();
    await row.getByText('Next attempt at').waitFor();
    await page.getByText('If its stock is not decided by then, it fails, and nothing is charged.').waitFor();
    await region(page, 'Its way through the services')
      .getByText(/could not handle the news that it was placed/i)
      .first()
      .waitFor();
    await eventually(async () => {
      await retryNow();
      return (await shop.query('inventory', `select 1 from dead_letters where status = 'dead'`)).length > 0;
    });
    await row.getByText('Stuck').waitFor();
    await page.getByRole('link', { name: 'Open it at the desk' }).click();
    await page.getByRole('heading', { level: 1, name: `order.placed · ${order.id}` }).waitFor();
    await mendInventory();
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.getByLabel('Why').fill('the fire is out');
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('link', { name: 'X-ray' }).click();
    await stands(page, 'It is paid, and waits to be shipped.').waitFor();
    await row.getByText('Heard').waitFor();
    expect(await row.getByRole('link', { name: 'At the desk' }).count()).toBe(1);
  });

  test('says once that a charge was refused, and on a phone nothing of attempts that did not fail', async () => {
    const order = await shop.place({ payment_method: 'pm_declined' });
    await shop.until(order, 'failed');
    const page = await owner();
    await page.setViewportSize({ width: 390, height: 900 });
    await page.goto(`/admin/orders/${order.id}/x-ray`);
    await region(page, 'Charge and refunds').getByText('Declined', { exact: true }).waitFor();
    expect(await region(page, 'Charge and refunds').getByText('Declined', { exact: true }).count()).toBe(1);
    const messages = region(page, 'Messages between the services');
    expect(await messages.getByText('Heard').count()).toBeGreaterThan(2);
    expect(await messages.getByText('–').filter({ visible: true }).count()).toBe(0);
  });

  test('of nothing says so', async () => {
    expectComplaints(/404|422/);
    const page = await owner();
    await page.goto('/admin/orders/01900000-0000-7000-8000-000000000000/x-ray');
    await page.getByRole('heading', { name: 'There is no such order' }).waitFor();
    await page.goto('/admin/orders/nonsense/x-ray');
    await page.getByRole('heading', { name: 'There is no such order' }).waitFor();
  });

  test('has a safe part for the shopper, which changes as the order does', async () => {
    await breakInventory();
    const order = await shop.place();
    const page = await visitor();
    await page.goto(`/orders/${order.id}?token=${order.guest_token}`);
    await stands(page, 'We are checking that everything is in stock.').waitFor();
    await page.getByText('If we cannot hold it by then, the order ends, and nothing is charged.').waitFor();
    expect(await page.locator('.by-then time').getAttribute('datetime')).toBe(order.deadline_at);
    expect(await page.locator('main').innerText()).not.toMatch(/attempt|fire|inventory/i);
    await mendInventory();
    await eventually(async () => {
      await retryNow();
      return (await shop.get(order)).status === 'confirmed';
    });
    await stands(page, 'It is paid, and we are getting it ready.').waitFor();
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the order' }).click();
    await stands(page, 'This order was cancelled.').waitFor();
    await page.getByText('$79.99 was charged. All of it has gone back to you.').waitFor();
    await page.getByText('Nothing more will happen.').waitFor();
    const declined = await shop.place({ payment_method: 'pm_declined' });
    await shop.until(declined, 'failed');
    await page.goto(`/orders/${declined.id}?token=${declined.guest_token}`);
    await stands(page, 'This order did not go through: the payment was declined.').waitFor();
    await page.getByText('You can order again, and pay another way.').waitFor();
  });

  test('has no fault that axe finds, and fits, in both themes, wide and narrow', async () => {
    const gone = await shop.place({
      items: [
        { product_id: 'PROD001', quantity: 1 },
        { product_id: '456', quantity: 1 },
      ],
    });
    await shop.until(gone, 'confirmed');
    await shop.call(`/api/orders/${gone.id}/cancel?token=${gone.guest_token}`, { method: 'POST', body: {} });
    await shop.quiet();
    await breakInventory();
    const stuck = await shop.place();
    const page = await owner();
    const shopper = await visitor();
    const faults: string[] = [];
    const look = async (at: Page) => {
      faults.push(...(await faultsInLooks(at)));
    };
    await page.goto(`/admin/orders/${stuck.id}/x-ray`);
    const tries = page.locator('.tries summary');
    await tries.waitFor();
    await tries.click();
    await look(page);
    await page.goto(`/admin/orders/${gone.id}/x-ray`);
    await stands(page, /^It was cancelled/).waitFor();
    await look(page);
    for (const { id, guest_token } of [stuck, gone]) {
      await shopper.goto(`/orders/${id}?token=${guest_token}`);
      await shopper.locator('#standing').waitFor();
      await look(shopper);
    }
    expect(faults).toEqual([]);
  });
});
