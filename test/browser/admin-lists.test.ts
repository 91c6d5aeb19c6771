/** The owner's lists and dialogs when something goes otherwise than meant: refused, lost, changed meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { ADMIN, eventually, type PlacedOrder } from '../harness.ts';
import { expectComplaints, hasBrowser, newTab, owner, register, shop, useShop } from './browser.ts';

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
// A toast has the role of a dialog, too.
const dialog = (page: Page) => page.getByRole('dialog').and(page.locator('.dialog'));
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

async function confirmed(...emails: string[]): Promise<PlacedOrder[]> {
  const items = [{ product_id: '456', quantity: 1 }];
  const orders = await Promise.all(emails.map((email) => shop.place({ email, items })));
  for (const order of orders) await shop.until(order, 'confirmed');
  return orders;
}

const asAdmin = async (path: string, method: string, body: object) =>
  shop.call(path, { method, body, token: await shop.admin() });

/** It arrives, and its answer does not. */
const loseAnswer = async (route: Route) => {
  await route.fetch();
  await route.abort();
};

describe.skipIf(!hasBrowser())('the owner', () => {
  useShop();

  test('changes many orders: those that were refused or whose answer was lost say so, and only they stay selected', async () => {
    expectComplaints(/409/, /ERR_FAILED/);
    const [refused, lost, plain] = (await confirmed(
      'mixed1@example.com',
      'mixed2@example.com',
      'mixed3@example.com',
    )) as [PlacedOrder, PlacedOrder, PlacedOrder];
    const admin = await owner();
    await admin.goto('/admin/orders?text=mixed');
    await admin.getByRole('status').filter({ hasText: '3 found' }).waitFor();
    const box = ({ number }: PlacedOrder) => admin.getByRole('checkbox', { name: `Select order #${number}` });
    await admin.getByRole('checkbox', { name: 'Select all' }).check();
    await button(admin, 'Mark as shipped').click();
    await shop.call(`/api/orders/${refused.id}/cancel?token=${refused.guest_token}`, { method: 'POST', body: {} });
    await admin.route(`**/api/orders/${lost.id}/status`, loseAnswer);
    await dialog(admin).getByRole('button', { name: 'Mark as shipped' }).click();
    await admin.getByText('1 order shipped, 1 refused, 1 not known').waitFor();
    await dialog(admin).getByRole('listitem').filter({ hasText: 'the order is cancelled' }).waitFor();
    await dialog(admin).getByRole('listitem').filter({ hasText: 'its answer was lost' }).waitFor();
    await admin.unroute(`**/api/orders/${lost.id}/status`);
    await button(admin, 'Try again').click();
    await dialog(admin).getByText('1 order shipped', { exact: true }).waitFor();
    await button(admin, 'Close').click();
    await admin.getByText('1 selected').waitFor();
    expect(await box(refused).isChecked()).toBe(true);
    expect(await box(lost).isChecked()).toBe(false);
    for (const order of [lost, plain]) expect((await shop.get(order)).status).toBe('shipped');

    await admin.getByRole('link', { name: 'Cancelled' }).click();
    await admin.getByRole('status').filter({ hasText: '1 found' }).waitFor();
    expect(await box(refused).isChecked()).toBe(false);
    expect(await admin.getByText('1 selected').count()).toBe(0);
  });

  test('finds the way back from a page that has become empty', async () => {
    await confirmed('older@example.com');
    await confirmed('newest@example.com');
    const { body } = await shop.call<{ next_cursor: string }>('/api/orders?limit=1', { token: await shop.admin() });
    const admin = await owner();
    await admin.goto(`/admin/orders?${new URLSearchParams({ text: 'newest', after: body.next_cursor, page: '2' })}`);
    await admin.getByText('Nothing on this page').waitFor();
    await admin.getByRole('link', { name: 'First page' }).click();
    await admin.getByTitle('newest@example.com').waitFor();
  });

  test('shows nobody’s orders for a customer who is none, and says whose have been erased', async () => {
    expectComplaints(/422/);
    const [order] = (await confirmed('gone@example.com')) as [PlacedOrder];
    await shop.query(
      'orders',
      `update orders set email = 'erased@customer.invalid', name = null where id = '${order.id}'`,
    );
    const admin = await owner();
    await admin.goto('/admin/orders?customer=abc');
    await admin.getByText('No such customer').waitFor();
    await admin.getByText('No order fits').waitFor();
    await admin.goto('/admin/orders');
    await admin
      .getByRole('row', { name: `#${order.number}` })
      .getByText('Erased')
      .waitFor();
    await admin.goto(`/admin/orders/${order.id}`);
    await admin.getByText('Erased: the account was closed.').waitFor();
    expect(await admin.getByText('customer.invalid').count()).toBe(0);
  });

  test('sees times and spans move on while the page is open', async () => {
    await confirmed('clock@example.com');
    const admin = await owner();
    await admin.clock.install();
    const from: number[] = [];
    admin.on('request', (request) => {
      const asked = new URL(request.url()).searchParams.get('from');
      if (asked) from.push(Date.parse(asked));
    });
    await admin.goto('/admin/orders?text=clock&within=24h');
    await admin.getByRole('row').getByText('now').waitFor();
    await admin.clock.runFor(125_000);
    await admin.getByRole('row').getByText('2 min. ago').waitFor();
    await expect
      .poll(async () => {
        await admin.clock.runFor(10_000);
        return Math.max(...from) - Math.min(...from);
      })
      .toBeGreaterThan(120_000);
  });

  test('gives money back once, however often the answer is lost', async () => {
    expectComplaints(/ERR_FAILED/);
    const [order] = (await confirmed('lost-refund@example.com')) as [PlacedOrder];
    const refunds = () => shop.query('payments', `select amount::text from refunds where kind = 'merchant'`);
    const admin = await owner();
    await admin.goto(`/admin/orders/${order.id}`);
    await button(admin, 'Refund').click();
    await admin.route('**/refund', loseAnswer);
    await admin.getByLabel('Amount in').fill('5.00');
    await button(admin, 'Refund $5.00').click();
    await admin.getByText('The answer to a refund of $5.00 was lost').waitFor();
    await button(admin, 'Refund $5.00').press('Enter');
    await admin.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
    await button(admin, 'Not now').click();
    await admin.unroute('**/refund');
    await button(admin, 'Refund').click();
    await button(admin, 'Refund $5.00').click();
    await admin.getByText('$5.00 is on its way back').waitFor();
    await shop.quiet();
    expect(await refunds()).toEqual([{ amount: '500' }]);

    // The next one is another one.
    await button(admin, 'Refund').click();
    await admin.getByLabel('Amount in').fill('5.00');
    await button(admin, 'Refund $5.00').click();
    await eventually(async () => (await refunds()).length === 2);
  });

  test('cancels an order with a word to its customer, and sees what happened while its page was loading', async () => {
    const [order, late] = (await confirmed('cancel@example.com', 'late@example.com')) as [PlacedOrder, PlacedOrder];
    const admin = await owner();
    await admin.goto(`/admin/orders/${order.id}`);
    await button(admin, 'Cancel order').click();
    await dialog(admin).getByLabel('Why').fill('The last one broke');
    await dialog(admin).getByLabel('Why').press('Enter');
    await admin.getByText('It was cancelled: The last one broke.').waitFor();
    await dialog(admin).waitFor({ state: 'detached' });
    expect(await shop.get(order)).toMatchObject({ status: 'cancelled', reason: 'The last one broke' });

    let first = true;
    await admin.route(`**/api/orders/${late.id}`, async (route) => {
      if (!first) return route.continue();
      first = false;
      const response = await route.fetch();
      await asAdmin(`/api/orders/${late.id}/status`, 'PATCH', { status: 'shipped' });
      // The stream tells of it before this answer, in which it is not.
      await sleep(1_000);
      await route.fulfill({ response });
    });
    await admin.goto(`/admin/orders/${late.id}`);
    await admin.locator('.page-head').getByText('Shipped').waitFor();
  });

  test('sends a message again to a corrected address, and keeps what was typed when it is refused', async () => {
    expectComplaints(/409/);
    for (const recipient of ['gone@example.com', 'too@example.com']) {
      await asAdmin('/api/suppressions', 'POST', { channel: 'email', recipient, reason: 'unsubscribed' });
    }
    await confirmed('gone@example.com');
    await shop.quiet();
    const admin = await owner();
    await admin.goto('/admin/notifications?recipient=gone@example.com&status=failed');
    await admin.locator('.row-link').first().click();
    const address = dialog(admin).getByLabel('Send once more to');
    await address.waitFor();
    // Somebody else is faster, so that its state changes under the form.
    const id = new URL(admin.url()).searchParams.get('open');
    await asAdmin(`/api/notifications/${id}/resend`, 'POST', { recipient: 'other@example.com' });
    await eventually(async () => (await shop.mails('other@example.com')).length === 1);
    await shop.quiet();
    await address.fill('too@example.com');
    await button(admin, 'Send again').click();
    await dialog(admin).getByText('has asked not to be written to').waitFor();
    await dialog(admin).getByText('Sent', { exact: true }).first().waitFor();
    expect(await dialog(admin).getByText('has asked not to be written to').count()).toBe(1);
    expect(await address.inputValue()).toBe('too@example.com');
    await address.fill('right@example.com');
    await button(admin, 'Send again').click();
    await dialog(admin).waitFor({ state: 'detached' });
    await eventually(async () => (await shop.mails('right@example.com')).length === 1);
  });

  test('finds a list as it was: after a message, and with what was typed while another tab was chosen', async () => {
    await confirmed('pages@example.com', 'more@example.com', 'third@example.com');
    await shop.quiet();
    const admin = await owner();
    // Pages of one, so that there are some.
    await admin.route('**/api/notifications?*', (route) =>
      route.continue({ url: route.request().url().replace('limit=50', 'limit=1') }),
    );
    await admin.goto('/admin/notifications');
    await admin.getByRole('link', { name: 'Next' }).click();
    await admin.waitForURL(/page=2/);
    await admin.getByRole('link', { name: 'Previous' }).waitFor();
    await admin.locator('.row-link').click();
    await dialog(admin).getByRole('button', { name: 'Close' }).click();
    await dialog(admin).waitFor({ state: 'detached' });
    expect(admin.url()).toMatch(/page=2/);
    await admin.getByRole('link', { name: 'Previous' }).waitFor();

    await admin.goto('/admin/orders');
    await admin.getByRole('status').filter({ hasText: 'found' }).waitFor();
    // Both within the pause that the search waits for.
    await admin.evaluate(`{
      const box = document.querySelector('[data-search]');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(box, 'pages@');
      box.dispatchEvent(new Event('input', { bubbles: true }));
      [...document.querySelectorAll('.tabs a')].find((one) => one.textContent === 'Confirmed').click();
    }`);
    await admin.waitForURL((url) => url.searchParams.get('text') === 'pages@');
    expect(new URL(admin.url()).searchParams.get('status')).toBe('confirmed');
  });

  test('switches the single keys off, for good; the palette opens all the same, but over no dialog', async () => {
    const admin = await owner();
    await admin.goto('/admin/customers');
    await heading(admin, 'Customers').waitFor();
    const help = admin.getByRole('heading', { name: 'Keyboard shortcuts' });
    const palette = admin.getByRole('dialog', { name: 'Find anything' });
    await admin.keyboard.press('?');
    await help.waitFor();
    await admin.keyboard.press('Control+k');
    expect(await palette.count()).toBe(0);
    await admin.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await admin.locator('.side .user').click();
    await admin.getByRole('menuitemcheckbox', { name: 'Keyboard shortcuts' }).click();
    await admin.keyboard.press('Escape');
    await admin.getByRole('menu').waitFor({ state: 'detached' });
    for (const again of [false, true]) {
      if (again) await admin.reload();
      await heading(admin, 'Customers').waitFor();
      for (const key of ['?', 'g', 'o']) await admin.keyboard.press(key);
      await admin.keyboard.press('Control+k');
      await palette.waitFor();
      await admin.keyboard.press('Escape');
      await palette.waitFor({ state: 'detached' });
      expect(await help.count()).toBe(0);
      expect(new URL(admin.url()).pathname).toBe('/admin/customers');
    }
  });

  test('is led to the door when the session is over, whatever ended it', async () => {
    expectComplaints(/401/);
    const admin = await owner();
    // Other tabs are heard late, as they are by a tab that nobody looks at.
    await admin.addInitScript(`window.BroadcastChannel = class extends BroadcastChannel {
      set onmessage(hear) { super.onmessage = (event) => setTimeout(() => hear(event), 1500); }
    }`);
    let asked = 0;
    await admin.route('**/api/auth/me', (route) => {
      asked += 1;
      return route.fulfill({ status: 401, json: { type: 'urn:tradewind:problem:unauthorized', title: 'No' } });
    });
    await admin.goto('/admin/orders');
    await heading(admin, 'Log in to the admin').waitFor();
    expect(asked).toBeLessThanOrEqual(4);
    await admin.unroute('**/api/auth/me');

    // An admin who closes their own account.
    const second = { email: 'second@example.com', password: 'a second long secret' };
    const { body } = await asAdmin('/api/customers', 'POST', second);
    await asAdmin(`/api/customers/${body.id}`, 'PATCH', { role: 'admin', current_password: ADMIN.password });
    await admin.getByLabel('E-mail').fill(second.email);
    await admin.getByLabel('Password').fill(second.password);
    await button(admin, 'Log in').click();
    await heading(admin, 'Orders').waitFor();
    await admin.locator('.side .user').click();
    await admin.getByRole('menuitem', { name: 'Your account' }).click();
    await button(admin, 'Close account').click();
    await dialog(admin).getByLabel('Your own password').fill(second.password);
    await button(admin, 'Close it for good').click();
    await heading(admin, 'Log in to the admin').waitFor();

    // Another account, signed in by another tab.
    await admin.getByLabel('E-mail').fill(ADMIN.email);
    await admin.getByLabel('Password').fill(ADMIN.password);
    await button(admin, 'Log in').click();
    await admin.locator('.side .user').waitFor();
    const shopTab = await newTab(admin.context());
    await shopTab.goto('/account');
    await button(shopTab, 'Log out').click();
    await register(shopTab, 'shopper-of-two-tabs@example.com');
    await heading(admin, 'Log in to the admin').or(heading(admin, 'This is the shop’s office')).waitFor();
    expect(await admin.locator('.side').count()).toBe(0);
  });
});
