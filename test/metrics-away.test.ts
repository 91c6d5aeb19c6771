/** A scrape while what the shop leans on is away: it comes soon, and says what it does not know. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectRabbit } from '../src/platform/broker-rabbitmq.ts';
import { silentLog } from '../src/platform/log.ts';
import { createMetrics } from '../src/platform/telemetry.ts';
import { exposeBroker } from '../src/platform/telemetry-platform.ts';
import type { TestShop } from './harness.ts';
import { eventually, hasRabbit, startTestShop } from './harness.ts';
import { removeNamespace } from './rabbit.ts';
import type { Line } from './tcp-proxy.ts';
import { openLine } from './tcp-proxy.ts';

describe('without its database', () => {
  let shop: TestShop;
  let line: Line;
  beforeAll(async () => {
    const server = new URL(inject('postgresUrl'));
    line = await openLine({ host: server.hostname, port: Number(server.port) });
    server.port = String(line.port);
    // The server of the tests is asked by its socket.
    server.searchParams.delete('host');
    server.pathname = `/shop_scrape_${process.pid}`;
    shop = await startTestShop({ settings: { DATABASE_URL: server.href } });
  }, 60_000);
  afterAll(async () => {
    line.mend();
    await shop?.close();
    await line.close();
  });

  async function scrape(): Promise<string> {
    const started = performance.now();
    const reply = await fetch(`${shop.shop.addresses.get('orders')}/metrics`);
    const text = await reply.text();
    expect([reply.status, performance.now() - started < 3_000]).toEqual([200, true]);
    return text;
  }
  const answered = (collector: string) => `tradewind_collector_success{collector="${collector}",service="orders"}`;
  const DEPTH = /^tradewind_outbox_messages\{/m;

  test.each([
    'cut',
    'mute',
  ] as const)('%s: what it has counted is told, depths are left out, and it comes back', async (how) => {
    await shop.until(await shop.place(), 'confirmed');
    const whole = await scrape();
    expect(whole).toContain(`${answered('backlog')} 1`);
    expect(whole).toMatch(DEPTH);
    line[how]();
    try {
      for (let i = 0; i < 3; i += 1) {
        const text = await scrape();
        for (const asked of ['backlog', 'audit', 'waiting_orders']) expect(text).toContain(`${answered(asked)} 0`);
        expect(text).toContain(`${answered('pool')} 1`);
        expect(text).not.toMatch(DEPTH);
        expect(text).not.toMatch(/^tradewind_orders_waiting\{/m);
        expect(text).toMatch(/^tradewind_orders_total\{status="confirmed",reason="",service="orders"\} [1-9]/m);
      }
    } finally {
      line.mend();
    }
    await eventually(async () => DEPTH.test(await scrape()), undefined, 30_000);
    expect(await scrape()).toContain(`${answered('backlog')} 1`);
  }, 60_000);
});

describe.skipIf(!hasRabbit())('with RabbitMQ', () => {
  const namespace = `scrape_${process.pid}`;
  let line: Line;
  beforeAll(async () => {
    const server = new URL(inject('amqpUrl'));
    line = await openLine({ host: server.hostname, port: Number(server.port || 5672) });
  });
  afterAll(async () => {
    await line.close();
    await removeNamespace(inject('amqpUrl'), namespace);
  });

  test('a room tells what waits in its queues, and who reads them; while it is away, only that it is', async () => {
    const url = new URL(inject('amqpUrl'));
    url.port = String(line.port);
    url.hostname = '127.0.0.1';
    const topology = { orders: ['thing.done'], payments: [] };
    const broker = await connectRabbit({ url: url.href, namespace, topology, log: silentLog });
    try {
      await broker.subscribe({ service: 'payments', types: [], deliver: async () => {}, park: async () => {} });
      const event = { id: '0', type: 'thing.done', source: 'x', subject: 's', time: new Date().toISOString() };
      const sent = [1, 2, 3].map((n) => ({
        ...event,
        id: `00000000-0000-7000-8000-00000000000${n}`,
        traceparent: null,
        data: '{}',
      }));
      // One by one: together they would be one body.
      for (const one of sent) expect(await broker.publish([one])).toEqual(new Map());
      const figures = async (service: string) => {
        const metrics = createMetrics(service);
        exposeBroker(metrics, broker, service);
        const started = performance.now();
        const text = await metrics.scrape();
        expect(performance.now() - started).toBeLessThan(2_000);
        return text
          .split('\n')
          .filter((one) => one && !one.startsWith('#'))
          .map((one) => one.replace(`,service="${service}"`, ''));
      };
      await eventually(async () =>
        (await figures('orders')).includes('tradewind_broker_queue_messages{queue="work"} 3'),
      );
      const orders = await figures('orders');
      expect(orders).toContain('tradewind_broker_queue_messages{queue="dead"} 0');
      expect(orders).toContain('tradewind_broker_queue_consumers{queue="work"} 0');
      expect(await figures('payments')).toContain('tradewind_broker_queue_consumers{queue="work"} 1');
      expect(orders).toContain('tradewind_broker_up{service="orders"} 1');

      line.mute();
      const mute = await figures('orders');
      expect(mute).toContain('tradewind_collector_success{collector="broker_queues"} 0');
      expect(mute.filter((one) => one.includes('broker_queue_messages'))).toEqual([]);
      line.cut();
      await eventually(async () => (await figures('orders')).includes('tradewind_broker_up{service="orders"} 0'));
      line.mend();
      await eventually(async () =>
        (await figures('orders')).includes('tradewind_broker_queue_consumers{queue="work"} 0'),
      );
    } finally {
      await broker.stopConsuming();
      await broker.close();
    }
  }, 60_000);
});
