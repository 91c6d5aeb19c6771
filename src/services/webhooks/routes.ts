/** Endpoint → action. */
import { NotFound, NotReplayable, TooManyWebhooks } from '../../contracts/problems.ts';
import * as contracts from '../../contracts/webhooks.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route, storedReply } from '../../platform/dispatch.ts';
import { once } from '../../platform/idempotency.ts';
import type { Outgoing } from '../../platform/outgoing.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { DISABLED } from './delivery.ts';
import { payloadOf } from './handlers.ts';
import { newSecret, OLD_SECRET_MS } from './signing.ts';
import { deleteWebhook, getWebhook, insertWebhook, listWebhooks, rotateSecret, updateWebhook } from './store.ts';
import { getDelivery, insertTest, listDeliveries, replayDelivery, replaySince } from './store-deliveries.ts';

export interface WebhookRoutesOptions {
  db: Database;
  clock: Clock;
  outgoing: Outgoing;
  /** Deliveries are due. */
  wake: () => void;
  /** Other types are subscribed to. */
  look: () => void;
}

export function createRoutes({ db, clock, outgoing, wake, look }: WebhookRoutesOptions): Route[] {
  const faultOf = (url: string | undefined) => {
    const detail = url === undefined ? undefined : outgoing.faultOf(url);
    return detail && reject(common.invalid, { errors: [{ pointer: '/url', detail }] });
  };

  /** The webhook, if it is there and is told anything. */
  async function enabled(id: string) {
    const webhook = await getWebhook(db, id);
    if (!webhook) return reject(NotFound);
    if (webhook.disabled_by)
      return reject(NotReplayable, { detail: `it is disabled: ${DISABLED[webhook.disabled_by]}` });
    return webhook;
  }

  async function shown(id: string) {
    const delivery = await getDelivery(db, id);
    return delivery ? { body: delivery } : reject(NotFound);
  }

  return [
    route(contracts.ListWebhookTypes, async () => ({
      body: { items: contracts.SERVICE.hears.map(({ name: type, summary }) => ({ type, summary })) },
    })),

    route(contracts.ListWebhooks, async () => ({ body: { items: await listWebhooks(db) } })),

    route(contracts.GetWebhook, async ({ params }) => {
      const webhook = await getWebhook(db, params.id);
      return webhook ? { body: webhook } : reject(NotFound);
    }),

    route(contracts.CreateWebhook, async ({ body, key }) => {
      const fault = faultOf(body.url);
      if (fault) return fault;
      return once(db, key, async (tx) => {
        const { url, description = '', types } = body;
        const webhook = { id: newId(), url, description, types, secret: newSecret() };
        if (!(await insertWebhook(tx, webhook))) return reject(TooManyWebhooks);
        tx.afterCommit(look);
        const at = tx.now.toISOString();
        return storedReply(contracts.CreateWebhook, {
          ...webhook,
          status: 'enabled',
          disabled_by: null,
          failing_since: null,
          waiting: 0,
          created_at: at,
          updated_at: at,
        });
      });
    }),

    route(contracts.UpdateWebhook, async ({ params: { id }, body }) => {
      const fault = faultOf(body.url);
      if (fault) return fault;
      if (!(await updateWebhook(db, id, body, clock.now()))) return reject(NotFound);
      look();
      wake();
      const webhook = await getWebhook(db, id);
      return webhook ? { body: webhook } : reject(NotFound);
    }),

    route(contracts.DeleteWebhook, async ({ params }) => {
      return (await deleteWebhook(db, params.id)) ? {} : reject(NotFound);
    }),

    // Asked again under its key because the answer was lost, it is the same secret: there is room for so many old ones only.
    route(contracts.RotateWebhookSecret, ({ params, key }) =>
      once(db, key, async (tx) => {
        const secret = newSecret();
        const until = new Date(tx.now.getTime() + OLD_SECRET_MS);
        if (!(await rotateSecret(tx, params.id, secret, until, tx.now))) return reject(NotFound);
        return storedReply(contracts.RotateWebhookSecret, { secret, old_valid_until: until.toISOString() });
      }),
    ),

    route(contracts.TestWebhook, async ({ params: { id } }) => {
      const webhook = await enabled(id);
      if (isRejection(webhook)) return webhook;
      const now = clock.now();
      const type = contracts.WEBHOOK_TEST;
      const payload = payloadOf(type, now.toISOString(), { message: 'This is how the shop tells you of events.' });
      const test = { id: newId(), delivery_id: newId(), webhook_id: id, type, subject: id, payload };
      if (!(await insertTest(db, test, now))) return reject(NotFound);
      wake();
      return shown(test.delivery_id);
    }),

    route(contracts.ReplayWebhook, async ({ params: { id }, body: { since, status } }) => {
      const webhook = await enabled(id);
      if (isRejection(webhook)) return webhook;
      const replayed = await replaySince(db, id, { since, all: status === 'all', now: clock.now() });
      wake();
      return { body: replayed };
    }),

    route(contracts.ListDeliveries, async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listDeliveries(db, { ...filter, before, limit: limit + 1 });
      return { body: cutPage(rows, limit, ({ id }) => [id]) };
    }),

    route(contracts.GetDelivery, ({ params }) => shown(params.id)),

    route(contracts.ReplayDelivery, async ({ params: { id } }) => {
      const delivery = await getDelivery(db, id);
      if (!delivery) return reject(NotFound);
      const webhook = await enabled(delivery.webhook_id);
      if (isRejection(webhook)) return webhook;
      await replayDelivery(db, id, clock.now());
      wake();
      return shown(id);
    }),
  ];
}
