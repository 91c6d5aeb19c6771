/**
 * Runs sequences through the payments room as it is in production, on a real database: a few hundred orders at a time, in
 * step, each with a sequence of its own. When a sequence is over everything that still waits comes to its end, and the
 * room's books are laid beside the bank's.
 */
import type { Settings } from '../src/config.ts';
import { readSettings } from '../src/config.ts';
import type { OrderState } from '../src/contracts/orders.ts';
import { OrderAwaitingPayment, OrderCancelled, OrderFailed } from '../src/contracts/orders.ts';
import { RefundPayment } from '../src/contracts/payments.ts';
import type { Verifier } from '../src/platform/auth.ts';
import { createLocalBroker } from '../src/platform/broker-local.ts';
import { createClient } from '../src/platform/client.ts';
import { newId, systemClock } from '../src/platform/clock.ts';
import type { EventContract } from '../src/platform/contract.ts';
import { createDatabases } from '../src/platform/database.ts';
import type { Effect } from '../src/platform/effect.ts';
import { silentLog } from '../src/platform/log.ts';
import { storedEvent } from '../src/platform/message.ts';
import { openService } from '../src/platform/service.ts';
import { createLocalUpstream } from '../src/platform/upstream.ts';
import { createPayments } from '../src/services/payments/service.ts';
import type { StandInEvent } from '../test/stripe-stand-in.ts';
import { sendWebhook } from '../test/stripe-stand-in.ts';
import type { Bank, Manner } from './bank.ts';
import type { Step } from './sequences.ts';
import type { Facts } from './verdict.ts';

const AMOUNT = 7_999;
const CURRENCY = 'USD';
const AT_ONCE = 32;
/** What waits is asked again so often before it is said not to end. */
const ROUNDS = 8;

export interface Lab {
  /** Runs these, side by side; what came of each, in their order. */
  run(sequences: readonly (readonly Step[])[]): Promise<Facts[]>;
  close(): Promise<void>;
}

interface Trial {
  steps: readonly Step[];
  order: OrderState;
  known: boolean;
  ended: boolean;
}

const operator: Verifier = {
  verify: async (token) => ({
    role: 'admin',
    id: '00000000-0000-7000-8000-000000000001',
    email: 'o@example.com',
    token,
  }),
};

/** `server`: a PostgreSQL on which a database may be made. */
export async function openLab(bank: Bank, server: string, name: string): Promise<Lab> {
  await createDatabases(server, [name]);
  const effects: Effect[] = [];
  const definition = createPayments((...parts) => bank.provide(...parts));
  const service = await openService<Settings>({
    definition: {
      ...definition,
      open(context) {
        const room = definition.open(context);
        effects.push(...((room.workers ?? []) as Effect[]));
        return room;
      },
    },
    databaseUrl: Object.assign(new URL(server), { pathname: `/${name}` }).href,
    broker: createLocalBroker(),
    client: createClient(createLocalUpstream(new Map())),
    verifier: operator,
    clock: systemClock,
    log: silentLog,
    settings: { ...readSettings({ env: { PAYMENT_LATENCY_MS: '0' }, dotenv: '', flags: [] }), ...bank.settings },
    openapi: {},
  });
  const url = await service.listen('127.0.0.1', 0);
  const { db, inbox } = service;
  const door = { door: service.door, health: service.health };
  const client = createClient(createLocalUpstream(new Map([['payments', door]])));
  const effect = (wanted: string) => effects.find((one) => one.name === wanted) as Effect;
  const [charges, refunds, webhooks] = [effect('charges'), effect('refunds'), effect('webhooks')];
  const rows = <Row>(text: string, values: unknown[] = []) => db.query<Row>({ text }, values);
  const ids = (trials: readonly Trial[]) => trials.map(({ order }) => order.id);

  async function hear(trials: readonly Trial[], say: (trial: Trial) => readonly [EventContract, OrderState]) {
    await inbox.store(
      trials.map((trial) => {
        const [event, order] = say(trial);
        return storedEvent('orders', event, order as never, new Date());
      }),
    );
    do {
      while (await inbox.worker.turn());
    } while ((await rows('select 1 from inbox limit 1')).length > 0);
  }

  /** Until nothing of it is due. */
  async function work(worker: Effect, due: string): Promise<void> {
    do {
      await worker.turn();
      await worker.settled();
    } while ((await rows(`select 1 from ${due} and next_attempt_at <= now() limit 1`)).length > 0);
  }

  async function place(trials: readonly Trial[]): Promise<void> {
    await hear(trials, ({ order }) => [OrderAwaitingPayment, order]);
    for (const trial of trials) trial.known = true;
    // It is asked for when the sequence says so.
    await hold();
    await work(webhooks, `webhook_events where status = 'waiting'`);
  }

  const hold = () => rows(`update payments set next_attempt_at = 'infinity' where status = 'processing'`);

  async function ask(trials: readonly Trial[], manner: Manner): Promise<void> {
    bank.behave(ids(trials), manner);
    await rows(
      `update payments set next_attempt_at = now() where status = 'processing' and order_id = any($1::uuid[])`,
      [ids(trials)],
    );
    await work(charges, `payments where status = 'processing'`);
    await hold();
  }

  const allNews = (trials: readonly Trial[]) => trials.flatMap(({ order }) => bank.newsOf(order.id));

  async function tell(events: readonly StandInEvent[]): Promise<void> {
    await sideBySide(events, async (event) => {
      const status = await sendWebhook(`${url}/webhooks/stripe`, event);
      if (status >= 300) throw new Error(`a webhook was answered with ${status}`);
    });
    await work(webhooks, `webhook_events where status = 'waiting'`);
  }

  async function giveBack(trials: readonly Trial[]): Promise<void> {
    const found = await rows<{ id: string }>('select id from payments where order_id = any($1::uuid[])', [ids(trials)]);
    await sideBySide(found, async ({ id }) => {
      const result = await client.call(RefundPayment, { params: { id }, body: {}, token: 'operator' });
      if (result.status >= 500) throw new Error(`a refund was answered with ${result.status}`);
    });
    await work(refunds, `refunds where status = 'processing'`);
  }

  async function end(trials: readonly Trial[]): Promise<void> {
    let n = 0;
    await hear(trials, ({ order }) => {
      n += 1;
      return n % 2 === 0
        ? [OrderCancelled, { ...order, status: 'cancelled', reason: 'changed my mind' }]
        : [OrderFailed, { ...order, status: 'failed', reason: 'timed_out' }];
    });
    for (const trial of trials) trial.ended = true;
  }

  async function take(step: Step, trials: readonly Trial[]): Promise<void> {
    switch (step) {
      case 'succeed':
      case 'decline':
      case 'lose':
      case 'late':
        return ask(trials, step);
      case 'tell':
        return tell(allNews(trials));
      case 'repeat':
        return tell([...allNews(trials), ...allNews(trials)].reverse());
      case 'early':
        for (const { order } of trials) bank.chargeEarly(order.id, AMOUNT, CURRENCY);
        await tell(allNews(trials));
        return place(trials);
      case 'refund':
        return giveBack(trials);
      case 'end':
        return end(trials);
    }
  }

  /** The bank does what it still had to do, tells everything once more, and whatever waits is tried until it has ended. */
  async function comeToRest(trials: readonly Trial[]): Promise<void> {
    await bank.finishLate();
    const told = new Set<StandInEvent>();
    for (let round = 0; round < ROUNDS; round += 1) {
      await ask(trials, 'succeed');
      const news = allNews(trials).filter((event) => !told.has(event));
      for (const event of news) told.add(event);
      await tell([...news, ...news].reverse());
      for (const table of ['refunds', 'webhook_events']) {
        await rows(`update ${table} set next_attempt_at = now() where next_attempt_at is not null`);
      }
      await work(refunds, `refunds where status = 'processing'`);
      await work(webhooks, `webhook_events where status = 'waiting'`);
      const [left] = await rows(
        `select 1 from payments where status = 'processing' union all select 1 from refunds where status = 'processing' limit 1`,
      );
      if (!left && round > 0) return;
    }
  }

  async function factsOf(trials: readonly Trial[]): Promise<Facts[]> {
    const orders = ids(trials);
    const payments = await rows<NonNullable<Facts['payment']> & { order_id: string }>(
      'select order_id, status, amount, refunded_amount from payments where order_id = any($1::uuid[])',
      [orders],
    );
    const published = await rows<{ type: string; subject: string; data: { amount?: string } }>(
      'select type, subject, data from outbox where subject = any($1::text[]) order by id',
      [orders],
    );
    const books = await bank.booksOf(orders);
    const paymentOf = new Map(payments.map((payment) => [payment.order_id, payment]));
    const wordsOf = new Map<string, string[]>();
    for (const { subject, type } of published) wordsOf.set(subject, [...(wordsOf.get(subject) ?? []), type]);
    return trials.map(({ steps, order, ended }) => ({
      steps,
      ended,
      payment: paymentOf.get(order.id),
      bank: books.get(order.id) ?? { charges: [], back: 0 },
      published: wordsOf.get(order.id) ?? [],
    }));
  }

  return {
    async run(sequences) {
      const trials = sequences.map(
        (steps): Trial => ({ steps, order: newOrder(bank.method), known: false, ended: false }),
      );
      await place(trials.filter(({ steps }) => !steps.includes('early')));
      const longest = Math.max(...sequences.map(({ length }) => length));
      for (let at = 0; at < longest; at += 1) {
        for (const step of new Set(sequences.map((steps) => steps[at]))) {
          if (step) await take(step, trials.filter(({ steps }) => steps[at] === step)); // biome-ignore format: one thought
        }
      }
      await comeToRest(trials);
      const facts = await factsOf(trials);
      await rows('truncate payments, refunds, webhook_events, outbox, inbox, inbox_done cascade');
      return facts;
    },
    async close() {
      await service.stop();
    },
  };
}

async function sideBySide<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const work = items.values();
  const worker = async () => {
    for (const item of work) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const newOrder = (payment_method: string): OrderState => ({
  id: newId(),
  number: 1,
  status: 'awaiting_payment',
  reason: null,
  customer_id: null,
  email: 'shopper@example.com',
  name: null,
  phone: null,
  shipping_address: null,
  client_reference: null,
  payment_method,
  items: [],
  total_amount: (AMOUNT / 100).toFixed(2),
  currency: CURRENCY,
  version: 2,
  created_at: '2026-01-02T03:04:05.000Z',
  updated_at: '2026-01-02T03:04:05.000Z',
  deadline_at: null,
});
