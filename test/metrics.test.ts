/**
 * What the shop tells Prometheus, after orders of every kind: by Prometheus' own rules, of few values, and all that
 * dashboards, alerts and runbook speak of.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDITED } from '../src/contracts/audit.ts';
import { ENDPOINTS, EVENTS, SERVICES } from '../src/contracts/registry.ts';
import { ALERTS } from '../src/dashboards/alerts.ts';
import { BOARDS, dashboardFiles } from '../src/dashboards/files.ts';
import { newId } from '../src/platform/clock.ts';
import type { TestShop } from './harness.ts';
import { eventually, hasRabbit, startTestShop } from './harness.ts';
import type { Family } from './prometheus.ts';
import { namesIn, readScrape } from './prometheus.ts';
import { type Receiver, startReceiver } from './webhook-receiver.ts';

/** What RabbitMQ alone has. */
const OF_RABBIT = ['tradewind_broker_queue_messages', 'tradewind_broker_queue_consumers'];
const RABBIT = hasRabbit();

let shop: TestShop;
let receiver: Receiver;
/** Of all targets together, and the number of series of each. */
let families: Map<string, Family>;
const series = new Map<string, number>();

beforeAll(async () => {
  receiver = await startReceiver();
  const settings = { WEBHOOKS_PRIVATE_HOSTS: '127.0.0.1' };
  shop = await startTestShop({ topology: RABBIT ? 'rabbitmq' : 'local', settings });
  await orderInEveryWay();
  families = await scrape();
}, 90_000);
afterAll(() => Promise.all([shop?.close(), receiver?.close()]));

async function scrape(): Promise<Map<string, Family>> {
  const all = new Map<string, Family>();
  for (const [target, address] of shop.shop.addresses) {
    const reply = await fetch(`${address}/metrics`);
    expect([target, reply.status]).toEqual([target, 200]);
    const text = await reply.text();
    series.set(target, text.split('\n').filter((line) => line && !line.startsWith('#')).length);
    readScrape(text, all);
  }
  return all;
}

async function orderInEveryWay(): Promise<void> {
  const token = await shop.admin();
  await shop.product({ product_id: 'ONE-LEFT', stock: 1, price: '12.50' });
  const body = { url: receiver.url, types: ['order.confirmed'] };
  expect((await shop.call('/api/webhook-subscriptions', { method: 'POST', token, body })).status).toBe(201);
  const told = { phone: '+12025550100', notify_by: ['email', 'sms'] };
  const [bought, declined, empty] = await Promise.all([
    shop.place(told),
    shop.place({ payment_method: 'pm_declined' }),
    shop.place({ items: [{ product_id: 'ONE-LEFT', quantity: 2 }] }),
  ]);
  await shop.place({ payment_method: 'pm_flaky' });
  for (const order of [declined, empty]) await shop.until(order, 'failed');
  await shop.until(bought, 'confirmed');
  const cancel = { method: 'POST', token, body: { reason: 'me@example.com changed her mind' } };
  expect((await shop.call(`/api/orders/${bought.id}/cancel`, cancel)).status).toBe(200);
  await shop.until(bought, 'cancelled');
  for (const path of ['/api/payments', '/api/notifications']) {
    expect([path, (await shop.call(path, { token })).status]).toEqual([path, 200]);
  }
  for (const path of ['/api/orders/none', '/api/products?sort=none', '/api/orders', '/api/products/NO-SUCH']) {
    await shop.call(path);
  }
  const login = { method: 'POST', body: { email: 'nobody@example.com', password: 'a guess' } };
  await shop.call('/api/auth/login', login);
  // Two that inventory cannot handle: one breaks its contract, of the other it has never heard.
  const broken = {
    source: 'orders',
    subject: bought.id,
    time: new Date().toISOString(),
    traceparent: null,
    data: '{}',
  };
  await shop.shop.services.get('inventory')?.inbox.store([
    { ...broken, id: newId(), type: 'order.placed' },
    { ...broken, id: newId(), type: 'no.such.event' },
  ]);
  await eventually(async () => (await shop.query('inventory', 'select from dead_letters')).length === 2);
  await eventually(async () => receiver.received.length > 0);
  await eventually(
    async () => (await shop.query('payments', `select from refunds where status = 'succeeded'`)).length === 1,
  );
  await eventually(
    async () => (await shop.query('notifications', `select from notifications where status = 'queued'`)).length === 0,
  );
  // The catalogue hears of stock last, and nobody waits for it: a board of it has values once it has heard.
  await eventually(
    async () =>
      (await scrape()).get('tradewind_handler_duration_seconds')?.labels.get('service')?.has('catalog') ?? false,
  );
}

const ours = () => [...families.values()].filter(({ name }) => name.startsWith('tradewind_'));

describe('every metric', () => {
  test('has values', () => {
    const none = ours().filter(({ name, samples }) => samples === 0 && (RABBIT || !OF_RABBIT.includes(name)));
    expect(none.map(({ name }) => name)).toEqual([]);
  });

  test('has a name by the rules, with its unit, and a help that says what it is', () => {
    expect(ours().length).toBeGreaterThan(35);
    for (const { name, type, help } of families.values()) {
      expect(name, 'prefix, snake_case').toMatch(/^(tradewind|process|nodejs)(_[a-z0-9]+)+$/);
      expect([name, name.endsWith('_total')], 'counters, and nothing else').toEqual([name, type === 'counter']);
      expect(name, 'base units').not.toMatch(
        /_(ms|millis\w*|micro\w*|nano\w*|minutes?|hours?|days?|kb|mb|kilo\w*|mega\w*|percent|ratios)(_|$)/,
      );
      expect(name, 'endings that histograms have').not.toMatch(/_(bucket|sum|count|info)$/);
      if (/_(age|duration|delay|wait|lag|time|cpu)(_|$)/.test(name)) expect(name).toMatch(/_seconds(_total)?$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      if (/memory|heap/.test(name)) expect(name).toMatch(/_bytes$/);
      expect(help, name).toMatch(/^[A-Z].{10,}[^.]$/);
      expect(['counter', 'gauge', 'histogram'], name).toContain(type);
    }
  });

  test('has labels of few values, and none of them says who or which', async () => {
    const token = await shop.admin();
    const reports = await Promise.all(
      AUDITED.map((room) => shop.call<{ checks: { rule: string }[] }>(`/api/audit/${room}`, { token })),
    );
    const known: Record<string, readonly string[]> = {
      endpoint: ENDPOINTS.map(({ name }) => name),
      type: [...EVENTS.map(({ name }) => name), 'unknown', 'undecodable'],
      handler: EVENTS.map(({ name }) => name),
      service: ['gateway', ...SERVICES],
      upstream: SERVICES,
      rule: reports.flatMap(({ body }) => body.checks.map(({ rule }) => rule)),
    };
    for (const { name, labels } of families.values()) {
      for (const [label, values] of labels) {
        const what = `${name}{${label}}`;
        expect(label, what).toMatch(/^[a-z][a-z_]*$/);
        expect(label, what).not.toMatch(
          /(^|_)(id|ids|email|customer|order|user|sku|product|path|url|phone|key|token|trace|error|message|address|ip)(_|$)/,
        );
        expect([what, [...values].filter((value) => known[label] && !known[label].includes(value))]).toEqual([
          what,
          [],
        ]);
        expect([what, known[label] ? 0 : values.size]).toEqual([what, expect.toSatisfy((n: number) => n <= 40)]);
        if (known[label]) continue;
        for (const value of values) expect(value, what).toMatch(/^([a-z0-9_.+-]{0,60}|\+Inf|[A-Z]{3})$/);
      }
    }
  });

  test('is of a bounded number: a target has some thousand series, whatever is asked of it', async () => {
    for (const [target, count] of series) expect([target, count < 6_000]).toEqual([target, true]);
    const before = new Map(series);
    for (let i = 0; i < 30; i += 1) await shop.call(`/api/orders/${i}-is-none?token=${i}`);
    await shop.place({ email: 'another@example.com' });
    await shop.quiet();
    await scrape();
    for (const [target, count] of series)
      expect([target, count - (before.get(target) ?? 0) < 100]).toEqual([target, true]);
  });
});

describe('what the orders were', () => {
  /** The value of the one line that has all of these labels. */
  async function value(target: string, name: string, labels: Record<string, string> = {}): Promise<number> {
    const address = shop.shop.addresses.get(target as never);
    const text = await (await fetch(`${address}/metrics`)).text();
    const matching = text
      .split('\n')
      .filter(
        (line) =>
          line.startsWith(`${name}{`) &&
          Object.entries(labels).every(([label, one]) => line.includes(`${label}="${one}"`)),
      );
    expect([name, labels, matching.length]).toEqual([name, labels, 1]);
    return Number(matching[0]?.split(' ').at(-1));
  }

  test('is counted where it happens: orders, money, mails, SMS, dead letters', async () => {
    expect(await value('orders', 'tradewind_orders_total', { status: 'failed', reason: 'payment_declined' })).toBe(1);
    expect(await value('orders', 'tradewind_orders_total', { status: 'failed', reason: 'out_of_stock' })).toBe(1);
    expect(await value('orders', 'tradewind_orders_total', { status: 'failed', reason: 'timed_out' })).toBe(0);
    expect(await value('orders', 'tradewind_orders_total', { status: 'cancelled' })).toBe(1);
    const [row] = await shop.query<{ n: number; amount: number; seconds: number }>(
      'orders',
      `select count(*)::int as n, sum(total_amount)::float / 100 as amount,
         extract(epoch from sum(h.at - o.created_at))::float as seconds
       from orders o join order_history h on h.order_id = o.id and h.event = 'payment.processed' and h.status = 'confirmed'`,
    );
    expect(await value('orders', 'tradewind_orders_total', { status: 'confirmed' })).toBe(row?.n);
    expect(await value('orders', 'tradewind_confirmed_amount_total', { currency: 'USD' })).toBeCloseTo(
      row?.amount ?? 0,
    );
    expect(await value('orders', 'tradewind_order_confirmation_duration_seconds_count')).toBe(row?.n);
    expect(await value('orders', 'tradewind_order_confirmation_duration_seconds_sum')).toBeCloseTo(
      row?.seconds ?? 0,
      2,
    );
    const money = { provider: 'test', status: 'succeeded' };
    expect(await value('payments', 'tradewind_payments_total', money)).toBe(row?.n);
    expect(await value('payments', 'tradewind_payments_total', { ...money, status: 'failed' })).toBe(1);
    expect(await value('payments', 'tradewind_refunds_total', money)).toBe(1);
    expect(await value('payments', 'tradewind_refunded_amount_total', { currency: 'USD' })).toBeGreaterThan(1);
    const asked = 'tradewind_payment_provider_request_duration_seconds_count';
    expect(await value('payments', asked, { request: 'charge', outcome: 'charged' })).toBe(row?.n);
    expect(await value('payments', asked, { request: 'charge', outcome: 'unknown' })).toBeGreaterThan(0);
    const sent = { kind: 'confirmed', outcome: 'sent' };
    expect(await value('notifications', 'tradewind_notification_attempts_total', { ...sent, channel: 'email' })).toBe(
      row?.n,
    );
    expect(await value('notifications', 'tradewind_notification_attempts_total', { ...sent, channel: 'sms' })).toBe(1);
    expect(await value('inventory', 'tradewind_dead_letters')).toBe(2);
    expect(await value('inventory', 'tradewind_messages_total', { type: 'unknown', outcome: 'dead' })).toBe(1);
  });

  test('is told by handlers and rooms too: batches, delays, requests of each room', async () => {
    const placed = await value('inventory', 'tradewind_messages_total', { type: 'order.placed', outcome: 'handled' });
    expect(placed).toBeGreaterThan(3);
    expect(
      await value('inventory', 'tradewind_handler_duration_seconds_count', { handler: 'order.placed' }),
    ).toBeGreaterThan(0);
    const batches = await value('inventory', 'tradewind_message_batch_duration_seconds_count');
    expect(await value('inventory', 'tradewind_message_delay_seconds_count')).toBe(batches);
    expect(await value('inventory', 'tradewind_message_delay_seconds_sum')).toBeLessThan(batches * 10);
    const requests = 'tradewind_http_request_duration_seconds_count';
    const checkouts = { endpoint: 'orders.place', status: '201' };
    expect(await value('orders', requests, checkouts)).toBe(await value('gateway', requests, checkouts));
    expect(await value('gateway', requests, { endpoint: 'customers.login', status: '401' })).toBe(1);
  });
});

/** Whatever is wrong with what an expression names. */
function faultsOf(where: string, expr: string): string[] {
  const { metrics, grouping } = namesIn(expr);
  const labels = new Set<string>();
  const faults: string[] = metrics.length > 0 ? [] : [`${where}: names no metric`];
  for (const { name, matchers } of metrics) {
    const part = name.replace(/_(bucket|sum|count)$/, '');
    const family = families.get(name) ?? families.get(part);
    // Prometheus writes this one itself.
    const known =
      name === 'up'
        ? new Map([
            ['job', new Set(['tradewind'])],
            ['service', new Set<string>()],
          ])
        : family?.labels;
    if (!known || (family && (family.type === 'histogram') !== (part !== name))) {
      faults.push(`${where}: there is no ${name}`);
      continue;
    }
    for (const label of [...known.keys(), 'instance', 'job']) labels.add(label);
    for (const { label, values } of matchers) {
      const there = known.get(label);
      if (!there) faults.push(`${where}: ${name} has no label ${label}`);
      else
        for (const value of values ?? [])
          if (!there.has(value)) faults.push(`${where}: no ${name}{${label}="${value}"}`);
    }
  }
  return [
    ...faults,
    ...grouping.filter((label) => !labels.has(label)).map((label) => `${where}: no label ${label} in ${expr}`),
  ];
}

/** Values that only trouble has. */
const RARE = [/status="5\.\./, /reason="timed_out"/, /tradewind_refunds_total\{status="failed"\}/];
const withoutRabbit = (fault: string) => RABBIT || !OF_RABBIT.some((name) => fault.includes(name));
const serious = (faults: string[]) =>
  faults.filter((fault) => withoutRabbit(fault) && !RARE.some((rare) => rare.test(fault)));

describe('the dashboards', () => {
  interface Json {
    uid: string;
    title: string;
    schemaVersion: number;
    panels: {
      id: number;
      type: string;
      title: string;
      description?: string;
      targets?: { expr: string }[];
      gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
    }[];
    templating: { list: { name: string; definition?: string }[] };
  }
  const files = Object.entries(dashboardFiles()).filter(([name]) => name.endsWith('.json'));
  const boards = files.map(([file, content]) => ({ file, json: JSON.parse(content) as Json }));

  test('are there: an overview, one for each service, messaging and business', () => {
    const names = ['overview', ...['gateway', ...SERVICES].map((one) => `service-${one}`), 'messaging', 'business'];
    expect(files.map(([name]) => name)).toEqual(names.map((name) => `${name}.json`));
    expect(new Set(boards.map(({ json }) => json.uid)).size).toBe(boards.length);
  });

  test('in the project are those that are generated', () => {
    for (const [name, content] of Object.entries(dashboardFiles())) {
      expect([name, readFileSync(`deploy/dashboards/${name}`, 'utf8') === content]).toEqual([name, true]);
    }
    expect(readdirSync('deploy/dashboards').sort()).toEqual(Object.keys(dashboardFiles()).sort());
  });

  test.each(boards)('$file has panels of their own, that lie beside each other and say what to do', ({ json }) => {
    expect(json.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(json.templating.list.map(({ name }) => name)).toContain('datasource');
    const { panels } = json;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { type, title, description, targets } of panels) {
      if (type === 'row') continue;
      expect([title, (description ?? '').length > 20, (targets ?? []).length > 0]).toEqual([title, true, true]);
    }
    const covered = new Set<string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect([title, x + w <= 24]).toEqual([title, true]);
      for (let row = y; row < y + h; row += 1) {
        for (let column = x; column < x + w; column += 1) {
          expect([title, covered.has(`${row} ${column}`)]).toEqual([title, false]);
          covered.add(`${row} ${column}`);
        }
      }
    }
  });

  test('ask only for what there is', () => {
    const faults = boards.flatMap(({ file, json }) => [
      ...json.panels.flatMap(({ title, targets = [] }) =>
        targets.flatMap(({ expr }) => faultsOf(`${file}, ${title}`, expr)),
      ),
      ...json.templating.list.flatMap(({ definition }) => {
        const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition ?? '') ?? [];
        return definition ? faultsOf(`${file}, choice`, `sum by (${label}) (${metric})`) : [];
      }),
    ]);
    expect(serious(faults)).toEqual([]);
  });

  test('show all that there is', () => {
    const shown = new Set(
      BOARDS.flatMap(({ sections }) =>
        sections.flatMap(({ panels }) =>
          panels.flatMap(({ queries }) => queries.flatMap(([expr]) => namesIn(expr).metrics)),
        ),
      ).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect([...families.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  test('name entries of the runbook that exist', () => {
    const named = boards.flatMap(({ json }) =>
      json.panels.flatMap(({ description = '' }) =>
        [...description.matchAll(/Runbook: (\w+)\./g)].map(([, name]) => name),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !ALERTS.some((alert) => alert.name === name))).toEqual([]);
  });
});

describe('the alerts', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8');
  /** Headings below "Alerts", with what is below each. */
  const entries = new Map(
    (/^## Alerts\n([\s\S]*?)(?=^## )/m.exec(`${runbook}\n## `)?.[1] ?? '')
      .split(/^### /m)
      .slice(1)
      .map((text) => [text.split('\n')[0] as string, text] as const),
  );

  test('ask only for what there is', () => {
    expect(serious(ALERTS.flatMap(({ name, expr }) => faultsOf(name, expr)))).toEqual([]);
  });

  test('are written as they are declared, each with a link to its entry', () => {
    const yaml = dashboardFiles()['alerts.yaml'] as string;
    const links = [...yaml.matchAll(/runbook_url: "docs\/runbook\.md#([a-z]+)"/g)].map(([, anchor]) => anchor);
    expect(links).toEqual(ALERTS.map(({ name }) => name.toLowerCase()));
    expect([...yaml.matchAll(/expr: (".*")/g)].map(([, text]) => JSON.parse(text as string))).toEqual(
      ALERTS.map(({ expr }) => expr),
    );
    for (const { name, summary, description, expr } of ALERTS) {
      expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
      // A label that the expression does not leave would be an empty place in the sentence.
      const { metrics, grouping } = namesIn(expr);
      const left = new Set([...grouping, ...(metrics.some((one) => one.name === 'up') ? ['service', 'instance'] : [])]);
      const used = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string);
      expect([name, used.filter((label) => !left.has(label))]).toEqual([name, []]);
    }
  });

  test('each have their entry in the runbook, and each entry its alert', () => {
    expect([...entries.keys()]).toEqual(ALERTS.map(({ name }) => name));
    for (const [name, text] of entries) {
      for (const part of ['**Noticed:**', '**Look:**', '**Causes:**', '**Do:**', '**Over:**']) {
        expect([name, part, text.includes(part)]).toEqual([name, part, true]);
      }
    }
  });
});
