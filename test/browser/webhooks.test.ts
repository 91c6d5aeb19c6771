/** Webhooks in the admin: added, told, failing, sent again, given another secret, disabled and deleted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../webhook-receiver.ts';
import { expectComplaints, faultsInLooks, hasBrowser, owner, shop, useShop } from './browser.ts';

describe.skipIf(!hasBrowser())('webhooks', () => {
  let receiver: Receiver;
  useShop({ settings: { WEBHOOKS_PRIVATE_HOSTS: '127.0.0.1' } });
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  test('are added, tried out, seen failing and sent again', async () => {
    expectComplaints(/422/, /404/);
    const page = await owner();
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await page.getByText('Nobody is told of events yet').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);

    await page.keyboard.press('n');
    const form = page.getByRole('dialog', { name: 'Add a webhook' });
    await form.getByLabel('Address').fill(receiver.url);
    await form.getByRole('button', { name: 'Add' }).click();
    await form.getByText('Choose at least one.').waitFor();
    await form.getByLabel('order.confirmed').check();
    expect(await faultsInLooks(page)).toEqual([]);
    await form.getByRole('button', { name: 'Add' }).click();
    const secret = page.getByRole('dialog', { name: 'The signing secret' });
    await secret.getByText(/^whsec_/).waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    await secret.getByRole('button', { name: 'I have it' }).click();
    await page.getByText('Nothing was sent yet').waitFor();

    await page.getByRole('button', { name: 'Send a test' }).click();
    const row = (event: string) => page.getByRole('row', { name: event });
    await row('webhook.test').getByText('Delivered').waitFor();

    receiver.answer = (_, response) => response.writeHead(500).end('out of order');
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    await page.getByText(/Nothing has arrived there since/).waitFor({ timeout: 20_000 });
    await row('order.confirmed').getByText('answered 500').waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    // After the second attempt nothing goes by itself for five minutes.
    const attempts = () => receiver.received.filter(({ message }) => message.type === 'order.confirmed').length;
    await expect.poll(attempts, { timeout: 20_000 }).toBe(2);
    receiver.answer = (_, response) => response.writeHead(204).end();
    await row('order.confirmed').getByRole('button').click();
    const delivery = page.getByRole('dialog', { name: 'order.confirmed' });
    await delivery.getByText('out of order').first().waitFor();
    await delivery.getByText(order.id).first().waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    await delivery.getByRole('button', { name: 'Try now' }).click();
    await delivery.getByText('Delivered').waitFor({ timeout: 20_000 });
    await delivery.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Works').waitFor();

    await page.getByRole('button', { name: 'Send again…' }).click();
    const again = page.getByRole('dialog', { name: 'Send again' });
    await again.getByLabel('Which').selectOption('all');
    await again.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('2 on their way').waitFor();

    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    await page.getByText(/everything is signed with the one before/).waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();

    await page.getByRole('button', { name: 'Disable', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('It hears nothing.').waitFor();
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('Works').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nobody is told of events yet').waitFor();
  });

  test('at an address inside are refused where it was typed', async () => {
    expectComplaints(/422/, /404/);
    const page = await owner();
    await page.goto('/admin/webhooks');
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Address').fill('https://10.0.0.1/hook');
    await form.getByLabel('order.placed').check();
    await form.getByRole('button', { name: 'Add' }).click();
    await form.getByText('10.0.0.1 is not on the internet').waitFor();
  });

  test('say what they are told of in a page of the documents, in both themes, wide and narrow', async () => {
    const page = await owner();
    await page.goto(`${shop.url}/docs/events`);
    await page.getByRole('link', { name: 'order.confirmed' }).first().click();
    await page.getByRole('heading', { name: 'order.confirmed' }).waitFor();
    expect(await faultsInLooks(page)).toEqual([]);
    const document = await (await fetch(`${shop.url}/asyncapi.json`)).json();
    expect(document).toMatchObject({
      asyncapi: '3.0.0',
      channels: { order_confirmed: { address: 'order.confirmed' } },
    });
  });
});
