/** An order's page while the order lives, and the connection does not. */
import { afterEach, describe, expect, test } from 'vitest';
import { type Line, openLine } from '../tcp-proxy.ts';
import { expectComplaints, hasBrowser, shop, useShop, visitor } from './browser.ts';

const lines: Line[] = [];
afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.close()));
});

/** The shop's pages, over a line that can be cut. */
async function fragile(): Promise<{ line: Line; at: string }> {
  const { port } = new URL(shop.web);
  const line = await openLine({ host: '127.0.0.1', port: Number(port) });
  lines.push(line);
  return { line, at: `http://localhost:${line.port}` };
}

const change = async (id: string, body: object) =>
  shop.call(`/api/orders/${id}/status`, { method: 'PATCH', token: await shop.admin(), body });

describe.skipIf(!hasBrowser())('the page of an order', () => {
  useShop();

  test('shows each step the moment it is made, with its time, and what comes next', async () => {
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    const page = await visitor();
    await page.goto(`/orders/${order.id}?token=${order.guest_token}`);
    await page.getByText('Live: this page changes by itself').waitFor();
    await page.getByText('Waiting to be shipped').waitFor();
    await change(order.id, { status: 'shipped', tracking: { carrier: 'Blue Sail', number: 'BS-42' } });
    await page.locator('.timeline strong', { hasText: 'Your parcel is on its way' }).waitFor();
    await page.getByText('BS-42').waitFor();
    await change(order.id, { status: 'delivered' });
    await page.locator('.timeline strong', { hasText: 'Your parcel has arrived' }).waitFor();
    expect(await page.locator('.timeline time').count()).toBe(5);
  });

  test('resumes where it stopped when the connection was cut: nothing is missing, nothing is there twice', async () => {
    expectComplaints(/ERR_/);
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    const { line, at } = await fragile();
    const page = await visitor({ at });
    await page.goto(`/orders/${order.id}?token=${order.guest_token}`);
    await page.getByText('Live: this page changes by itself').waitFor();
    line.cut();
    await page.getByText('The connection is lost; trying again').waitFor();
    await change(order.id, { status: 'shipped' });
    await change(order.id, { status: 'delivered' });
    const resumed = page.waitForRequest((request) => request.headers()['last-event-id'] !== undefined);
    line.mend();
    expect((await resumed).headers()['last-event-id']).toMatch(/^\d+$/);
    await page.locator('.timeline strong', { hasText: 'Your parcel has arrived' }).waitFor();
    const steps = await page.locator('.timeline strong').allTextContents();
    expect(steps).toEqual([
      'Your order arrived',
      'Everything is held for you',
      'Paid',
      'Your parcel is on its way',
      'Your parcel has arrived',
    ]);
  });

  test('holds no connection when the order has ended long ago, and still tells its story', async () => {
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    await change(order.id, { status: 'shipped' });
    await change(order.id, { status: 'delivered' });
    const page = await visitor();
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/stream')) streams.push(request.url());
    });
    const arrived = page.locator('.timeline strong', { hasText: 'Your parcel has arrived' });
    await page.clock.setFixedTime(Date.now() + 3_600_000);
    await page.goto(`/orders/${order.id}?token=${order.guest_token}`);
    await arrived.waitFor();
    expect(await page.locator('.timeline time').count()).toBe(5);
    expect(streams).toEqual([]);

    await page.clock.setFixedTime(Date.now());
    await page.reload();
    await arrived.waitFor();
    expect(streams).toHaveLength(1);
  });

  test('shows nothing of an order to who has no key to it', async () => {
    expectComplaints(/404/);
    const order = await shop.place();
    const page = await visitor();
    await page.goto(`/orders/${order.id}`);
    await page.getByRole('heading', { name: 'There is no such order, or it is not yours' }).waitFor();
    await page.goto(`/orders/${order.id}?token=wrong`);
    await page.getByRole('heading', { name: 'There is no such order, or it is not yours' }).waitFor();
  });
});
