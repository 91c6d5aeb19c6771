/** An address of a merchant hears of orders, whatever carries the shop's messages; nobody else pays for it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import type { Webhook, WebhookDelivery } from '../src/contracts/webhooks.ts';
import { eventually, hasRabbit, startTestShop, TOPOLOGIES } from './harness.ts';
import { startReceiver } from './webhook-receiver.ts';

const ROOM = 'webhooks' as ServiceName;

describe.each(TOPOLOGIES)('over %s', (topology) => {
  test.skipIf(topology === 'rabbitmq' && !hasRabbit())(
    'an address that is subscribed hears of what follows, and only of that',
    async () => {
      const receiver = await startReceiver();
      onTestFinished(receiver.close);
      const shop = await startTestShop({ topology, settings: { WEBHOOKS_PRIVATE_HOSTS: '127.0.0.1' } });
      onTestFinished(shop.close);
      const token = await shop.admin();

      const before = await shop.place();
      await shop.until(before, 'confirmed');
      await shop.quiet();
      // Nobody wanted to know: no row, not even of a message that was passed over.
      expect(await shop.query(ROOM, 'select id from inbox_done union all select id from inbox')).toEqual([]);

      const body = { url: receiver.url, types: ['order.placed', 'order.confirmed', 'payment.processed'] };
      const made = await shop.call<Webhook>('/api/webhook-subscriptions', { method: 'POST', token, body });
      expect(made.status).toBe(201);
      const order = await shop.place();
      await shop.until(order, 'confirmed');
      await eventually(async () => receiver.received.length === 3);
      const heard = receiver.received.map(({ message }) => message);
      expect(heard.map(({ type }) => type).sort()).toEqual(['order.confirmed', 'order.placed', 'payment.processed']);
      expect(new Set(heard.map(({ data, type }) => (type.startsWith('order') ? data.id : data.order_id)))).toEqual(
        new Set([order.id]),
      );
      expect(JSON.stringify(heard)).not.toContain(order.guest_token);

      await eventually(async () => {
        const { body } = await shop.call<{ items: WebhookDelivery[] }>('/api/webhook-deliveries', { token });
        return body.items.filter((one) => one.webhook_id === made.body.id && one.status === 'delivered').length === 3;
      });
    },
    60_000,
  );
});
