/** The dead-letter desk in the admin: from a cause to one message, its contract, a dry run, an edit, and back to work. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DESKS } from '../../src/contracts/dead-letters.ts';
import { newId } from '../../src/platform/clock.ts';
import { DIED } from '../../src/platform/marks.ts';
import { encodeBatch } from '../../src/platform/message.ts';
import { eventually } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';
import { expectComplaints, faultsInLooks, hasBrowser, owner, shop, useShop } from './browser.ts';

const inventory = () => shop.shop.services.get('inventory')?.inbox;
const created = (product_id: string) => ({ product_id, name: product_id, price: '1.00', currency: 'USD', version: 1 });

/** A message that inventory cannot handle: nobody has said how many there are. */
async function stuck(product_id: string, more: object = {}): Promise<string> {
  const id = newId();
  const event = { id, type: 'product.created', source: 'catalog', subject: product_id, traceparent: null };
  const data = JSON.stringify({ ...created(product_id), ...more });
  await inventory()?.store([{ ...event, time: new Date().toISOString(), data }]);
  await eventually(
    async () => (await shop.query('inventory', 'select 1 from dead_letters where id = $1', [id])).length > 0,
  );
  return id;
}

describe.skipIf(!hasBrowser())('the dead-letter desk', () => {
  useShop();
  beforeEach(() => shop.query('inventory', 'truncate dead_letters, desk_actions'));

  test('says when nothing is stuck, and counts what is', async () => {
    const page = await owner();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.getByRole('heading', { name: 'Nothing is stuck' }).waitFor();
    expect(await page.locator('.section .count').count()).toBe(0);
    await stuck('LOST1');
    await stuck('LOST2');
    await page.reload();
    await page.getByRole('region', { name: 'Inventory' }).getByText('breaks its contract').waitFor();
    await page.getByRole('link', { name: /^Dead letters\s*2$/ }).waitFor();
  });

  test('shows where a message differs from its contract, what a changed one would do, and sends that on its way', async () => {
    expectComplaints(/422/);
    const id = await stuck('LAMP9', { price: 5 });
    const page = await owner();
    await page.goto('/admin/dead-letters');
    await page.getByRole('link', { name: /breaks its contract/ }).click();
    await page.getByRole('link', { name: 'product.created · LAMP9' }).click();
    const row = (name: string) =>
      page.locator('.beside tr', { has: page.getByRole('rowheader', { name, exact: true }) });
    await row('stock').getByText('is needed').waitFor();
    await row('stock').getByText('not there').waitFor();
    await row('price').locator('.fault').waitFor();
    expect(await row('name').getAttribute('data-differs')).toBe('false');

    await page.getByRole('button', { name: 'Edit and retry' }).click();
    const payload = page.getByRole('textbox', { name: 'Payload' });
    await page.locator('textarea:focus').waitFor();
    await payload.fill('{ "half": ');
    await page.locator('.fault', { hasText: /JSON/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Save and retry' }).isDisabled()).toBe(true);
    await payload.fill(JSON.stringify({ ...created('LAMP9'), stock: 'many' }));
    await page.getByLabel('Why').fill('the file had no stock');
    await page.getByRole('button', { name: 'Save and retry' }).click();
    await page.locator('.field .fault', { hasText: '/stock must be a whole number' }).waitFor();

    await payload.fill(JSON.stringify({ ...created('LAMP9'), stock: 4 }));
    await page.getByRole('button', { name: 'Dry run' }).click();
    const dry = page.getByRole('region', { name: 'Dry run' });
    await dry.getByText('It would be handled').waitFor();
    await dry.getByText('levels').waitFor();
    await dry.getByText('"LAMP9"').first().waitFor();
    expect(await shop.query('inventory', `select 1 from levels where product_id = 'LAMP9'`)).toEqual([]);

    await page.getByRole('button', { name: 'Save and retry' }).dblclick();
    await page.getByText('Changed and retried').waitFor();
    await page.getByText('the file had no stock').waitFor();
    await eventually(
      async () =>
        (await shop.query('inventory', `select 1 from levels where product_id = 'LAMP9' and on_hand = 4`)).length === 1,
    );
    const [act, ...others] = await shop.query(
      'inventory',
      'select action, actor, why from desk_actions where message_id = $1',
      [id],
    );
    expect(others).toEqual([]);
    expect(act).toEqual({ action: 'edit', actor: 'admin@tradewind.test', why: 'the file had no stock' });
    await shop.query('inventory', `delete from levels where product_id = 'LAMP9'`);
    await shop.query('inventory', `delete from movements where product_id = 'LAMP9'`);
    await expectInvariants(shop.query);
  });

  test('retries a group at a rate and shows how far it is, and discards another; each says why', async () => {
    const ids = [];
    for (const n of [1, 2, 3, 4, 5, 6]) ids.push(await stuck(`MANY${n}`));
    await inventory()?.park('bytes of nobody', 'not JSON');
    // The bug is mended: the same messages can be handled now.
    await shop.query(
      'inventory',
      `update dead_letters set data = (data::jsonb || '{"stock": 1}')::text where id = any($1)`,
      [ids],
    );
    const page = await owner();
    await page.goto('/admin/dead-letters');
    await page.getByRole('button', { name: /^Retry: breaks its contract/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('mended');
    await dialog.getByLabel('Messages a second').fill('2');
    await dialog.getByRole('button', { name: 'Retry 6 messages' }).click();
    await dialog.getByText(/[1-5] of 6 tried/).waitFor();
    await dialog.getByText('6 of 6 tried').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await shop.query('inventory', `select 1 from levels where product_id like 'MANY%'`)).toHaveLength(6);

    await page.getByRole('button', { name: 'Discard: not JSON' }).click();
    await dialog.getByRole('button', { name: 'Discard 1 message' }).click();
    await dialog.locator('input[name=why]:invalid').waitFor();
    await dialog.getByLabel('Why').fill('of nobody');
    await dialog.getByRole('button', { name: 'Discard 1 message' }).click();
    await page.getByRole('heading', { name: 'Nothing is stuck' }).waitFor();
    expect(await shop.query('inventory', 'select action, why from desk_actions group by 1, 2 order by 1')).toEqual([
      { action: 'discard', why: 'of nobody' },
      { action: 'retry', why: 'mended' },
    ]);
    await page.goto('/admin/dead-letters/inventory?status=discarded');
    await page.getByRole('link', { name: 'Not a message' }).click();
    await page.getByText('bytes of nobody').waitFor();
    expect(await page.getByRole('button', { name: 'Retry' }).count()).toBe(0);
  });

  test('says which row a dry run would change, and runs none of what has ended the process', async () => {
    // It is known already: its row would be announced once more.
    let product = '';
    await eventually(async () => {
      const known = 'select product_id from levels where not unannounced limit 1';
      product = (await shop.query<{ product_id: string }>('inventory', known))[0]?.product_id ?? '';
      return product !== '';
    });
    const id = await stuck(product);
    const data = JSON.stringify({ ...created(product), stock: 1 });
    await shop.query('inventory', 'update dead_letters set data = $2 where id = $1', [id, data]);
    const page = await owner();
    await page.goto(`/admin/dead-letters/inventory/${id}`);
    await page.getByRole('button', { name: 'Dry run' }).click();
    const dry = page.getByRole('region', { name: 'Dry run' });
    await dry.getByText('It would be handled').waitFor();
    const changed = dry.locator('.row-change', { hasText: 'Changed' });
    await changed.getByText('unannounced').waitFor();
    expect(await changed.locator('dt').allInnerTexts()).toEqual(['product_id', 'unannounced']);
    expect(await changed.locator('dd').first().innerText()).toBe(JSON.stringify(product));

    await shop.query('inventory', 'update dead_letters set cause = $2 where id = $1', [id, DIED]);
    await page.reload();
    await page.getByText(DIED).first().waitFor();
    expect(await page.getByRole('button', { name: 'Dry run' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Edit and retry' }).click();
    await page.getByRole('button', { name: 'Save and retry' }).waitFor();
    expect(await page.getByRole('button', { name: 'Dry run' }).count()).toBe(0);
  });

  test('retries a group of batches, and says how many are no message', async () => {
    const time = new Date().toISOString();
    const event = {
      id: newId(),
      type: 'product.created',
      source: 'catalog',
      subject: 'BATCHED',
      traceparent: null,
      time,
    };
    const batch = encodeBatch([{ ...event, data: JSON.stringify({ ...created('BATCHED'), stock: 1 }) }]).toString();
    for (const body of [batch, 'bytes of nobody']) await inventory()?.park(body, 'delivered too often');
    const page = await owner();
    await page.goto('/admin/dead-letters');
    await page.getByRole('link', { name: 'delivered too often' }).click();
    await page.getByRole('button', { name: 'Retry all 2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('the broker is well');
    await dialog.getByRole('button', { name: 'Retry 2 messages' }).click();
    await dialog.getByText('1 message cannot be handled unchanged').waitFor();
    await eventually(
      async () => (await shop.query('inventory', `select 1 from levels where product_id = 'BATCHED'`)).length === 1,
    );
    await dialog.getByRole('button', { name: 'Close' }).click();
    // What is left of it.
    await page.goto('/admin/dead-letters');
    await page.getByRole('button', { name: 'Retry: delivered too often' }).click();
    await dialog.getByLabel('Why').fill('once more');
    await dialog.getByRole('button', { name: 'Retry 1 message' }).click();
    await dialog.getByText('None could be retried').waitFor();
  });

  test.each([
    ['dark', 1280],
    ['dark', 390],
    ['light', 390],
  ] as const)('shows what is deep inside a payload beside its contract: %s, %i pixels wide', async (colorScheme, width) => {
    const id = newId();
    const lines = [
      { product_id: 'LAMP1', name: 'Lamp', quantity: 'many', unit_price: '1.00', line_total: '1.00', 'a/b': 1 },
    ];
    const order = {
      id,
      number: 1,
      status: 'pending',
      email: 'a@example.com',
      items: lines,
      shipping_address: { city: 'Ulm' },
    };
    const events = [
      { type: 'order.placed', subject: id, data: JSON.stringify(order), id },
      { type: 'product.created', subject: 'TEXT', data: '"only text"', id: newId() },
    ];
    const rest = { source: 'orders', traceparent: null, time: new Date().toISOString() };
    await inventory()?.store(events.map((event) => ({ ...event, ...rest })));
    await eventually(async () => (await shop.query('inventory', 'select 1 from dead_letters')).length === 2);
    const page = await owner({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(`/admin/dead-letters/inventory/${id}`);
    const row = (name: string) =>
      page.locator('.beside tr', { has: page.locator('th', { hasText: new RegExp(`^${name}$`) }) });
    await row('quantity').getByText('"many"').waitFor();
    await row('quantity').locator('.fault').waitFor();
    await row('a/b').getByText('says nothing of it').waitFor();
    await row('line1').getByText('is needed').waitFor();
    // No name is broken letter by letter.
    const broken = await page.evaluate(`[...document.querySelectorAll('.beside tbody th')].filter((name) => {
      const inside = document.createRange();
      inside.selectNodeContents(name);
      return inside.getClientRects().length > 2;
    }).length`);
    expect(broken).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await faultsInLooks(page)).toEqual([]);
    await page.goto(`/admin/dead-letters/inventory/${events[1]?.id}`);
    await row('The whole').getByText('must be').waitFor();
    await row('The whole').getByText('"only text"').waitFor();
  });

  test('stops what was retried and is not due', async () => {
    for (const n of [1, 2, 3]) await stuck(`STOP${n}`);
    await shop.query('inventory', `update dead_letters set data = (data::jsonb || '{"stock": 1}')::text`);
    const page = await owner();
    await page.goto('/admin/dead-letters');
    await page.getByRole('button', { name: /^Retry: breaks its contract/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('mended');
    await inventory()?.worker.stop();
    await dialog.getByRole('button', { name: 'Retry 3 messages' }).click();
    await dialog.getByText('0 of 3 tried').waitFor();
    await shop.query('inventory', `update inbox set available_at = available_at + interval '1 hour'`);
    inventory()?.worker.start();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog.getByLabel('Why').fill('not yet');
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Retry: breaks its contract/ }).waitFor();
    expect(
      await shop.query('inventory', `select 1 from desk_actions where action = 'stop' and why = 'not yet'`),
    ).not.toEqual([]);
  });

  test('does not say of a list of what was dealt with that nothing is stuck', async () => {
    await stuck('STILL');
    const page = await owner();
    for (const status of ['retried', 'discarded']) {
      await page.goto(`/admin/dead-letters/inventory?status=${status}`);
      await page.getByRole('heading', { name: 'No message fits' }).waitFor();
      expect(await page.getByText('has handled every message').count()).toBe(0);
    }
    await page.getByRole('link', { name: 'Show all messages' }).click();
    await page.getByRole('link', { name: 'product.created · STILL' }).waitFor();
  });

  test('shows the others while one service is away', async () => {
    expectComplaints(/503/);
    await stuck('ALONE');
    const page = await owner();
    await page.route(`**${DESKS.orders.causes.publicPaths[0]}`, (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          title: 'A part of the shop is not available right now',
          detail: 'orders cannot be reached',
        }),
      }),
    );
    await page.goto('/admin/dead-letters');
    await page.getByRole('region', { name: 'Inventory' }).getByText('breaks its contract').waitFor();
    await page.getByRole('region', { name: 'Orders' }).getByText('orders cannot be reached').waitFor();
    await page.unrouteAll();
    await page.getByRole('region', { name: 'Orders' }).getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('region', { name: 'Orders' }).waitFor({ state: 'detached' });
  });

  test('has no fault that axe finds, and fits, in both themes, wide and narrow', async () => {
    const product = 'AXE1';
    const id = await stuck(product, { price: 5 });
    const sound = await stuck(`${product}S`);
    await shop.query(
      'inventory',
      `update dead_letters set data = (data::jsonb || '{"stock": 1}')::text where id = $1`,
      [sound],
    );
    const page = await owner();
    const faults: string[] = [];
    const look = async () => faults.push(...(await faultsInLooks(page)));
    await page.goto('/admin/dead-letters');
    await page
      .getByRole('button', { name: /^Retry:/ })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    await look();
    await page.getByRole('button', { name: 'Not now' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await look();
    await page.goto('/admin/dead-letters/inventory');
    await page.getByRole('link', { name: `product.created · ${product}`, exact: true }).click();
    await page.getByText('is needed', { exact: true }).waitFor();
    await look();
    await page.getByRole('button', { name: 'Edit and retry' }).click();
    await page.getByRole('textbox', { name: 'Payload' }).fill('{');
    await look();
    await page.goto(`/admin/dead-letters/inventory/${sound}`);
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('It would be handled').waitFor();
    await look();
    await page.goto(`/admin/dead-letters/inventory/${id}`);
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByLabel('Why').fill('seen');
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.getByText('seen', { exact: true }).waitFor();
    await look();
    expect(faults).toEqual([]);
  });
});
