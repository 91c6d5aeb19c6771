/** Card processors that do as they are told for each order: the test provider, and Stripe's adapter on its stand-in. */
import type { Settings } from '../src/config.ts';
import type { Database } from '../src/platform/database.ts';
import type { Charge, PaymentProvider } from '../src/services/payments/provider.ts';
import type { OpenProviders } from '../src/services/payments/providers.ts';
import { createProviders } from '../src/services/payments/providers.ts';
import { createTestProvider } from '../src/services/payments/test-provider.ts';
import type { StandInEvent } from '../test/stripe-stand-in.ts';
import { STAND_IN_KEY, STAND_IN_SECRET, startStripeStandIn } from '../test/stripe-stand-in.ts';
import type { Step } from './sequences.ts';

/** How the next charges of an order go. */
export type Manner = Extract<Step, 'succeed' | 'decline' | 'lose' | 'late'>;

/** What a bank has of an order; minor units. */
export interface BankBooks {
  charges: number[];
  back: number;
}

export interface Bank {
  readonly name: 'test provider' | 'Stripe adapter';
  /** Whether it tells unasked. */
  readonly tells: boolean;
  readonly method: string;
  readonly settings: Partial<Settings>;
  provide(...parts: Parameters<typeof createProviders>): OpenProviders;
  /** From now on charges of these orders go so. */
  behave(orders: readonly string[], manner: Manner): void;
  /** What was asked for without an answer is done now. */
  finishLate(): Promise<void>;
  /** Charges an order nobody has asked it for. */
  chargeEarly(order: string, amount: number, currency: string): void;
  /** All it has to tell of an order, oldest first. */
  newsOf(order: string): StandInEvent[];
  booksOf(orders: readonly string[]): Promise<Map<string, BankBooks>>;
  close(): Promise<void>;
}

const NO_ANSWER = 'no answer';

/** The built-in provider, which keeps its books in the room's own database. */
export function openTestBank(): Bank {
  const manners = new Map<string, Manner>();
  const late: (() => Promise<unknown>)[] = [];
  let books: Database | undefined;

  function told(inner: PaymentProvider): PaymentProvider {
    return {
      ...inner,
      async charge(request: Charge, signal) {
        const manner = manners.get(request.order_id) ?? 'succeed';
        const method = manner === 'decline' ? 'pm_declined' : 'pm_success';
        const act = (until: AbortSignal) => inner.charge({ ...request, method }, until);
        if (manner === 'late') late.push(() => act(new AbortController().signal));
        else if (manner === 'lose') await act(signal);
        else return act(signal);
        throw new Error(NO_ANSWER);
      },
    };
  }

  return {
    name: 'test provider',
    tells: false,
    method: 'pm_success',
    settings: {},
    provide(db) {
      books = db;
      const current = told(createTestProvider(db, 0));
      return { current, named: () => current, load: async () => {} };
    },
    behave(orders, manner) {
      for (const order of orders) manners.set(order, manner);
    },
    async finishLate() {
      await Promise.all(late.splice(0).map((act) => act()));
    },
    chargeEarly() {},
    newsOf: () => [],
    async booksOf(orders) {
      const rows = await (books as Database).query<{ order_id: string; amount: number; back: number }>(
        {
          text: `select order_id, charges.amount, coalesce((
                   select sum(amount) from test_provider_refunds where charge_key = charges.key), 0)::bigint as back
                 from test_provider_charges charges join payments on payments.id::text = key
                 where outcome = 'succeeded' and order_id = any($1::uuid[])`,
        },
        [orders],
      );
      return new Map(rows.map(({ order_id, amount, back }) => [order_id, { charges: [amount], back }]));
    },
    close: async () => {},
  };
}

/** Stripe's adapter, over HTTP, on a stand-in that speaks as Stripe documents it. */
export async function openStripeBank(): Promise<Bank> {
  const stripe = await startStripeStandIn();
  const news = new Map<string, StandInEvent[]>();
  let read = 0;

  function readNews(): void {
    for (const event of stripe.events.slice(read)) {
      const order = (event.data.object as { metadata: { order_id?: string } }).metadata.order_id ?? '';
      news.set(order, [...(news.get(order) ?? []), event]);
    }
    read = stripe.events.length;
  }

  return {
    name: 'Stripe adapter',
    tells: true,
    method: 'pm_card_visa',
    settings: {
      STRIPE_SECRET_KEY: STAND_IN_KEY,
      STRIPE_WEBHOOK_SECRET: STAND_IN_SECRET,
      STRIPE_API_URL: stripe.url,
    },
    provide: createProviders,
    behave(orders, manner) {
      for (const order of orders) stripe.manners.set(order, manner);
    },
    finishLate: async () => stripe.finishLate(),
    chargeEarly(order, amount, currency) {
      const id = `pi_early_${order}`;
      const intent = {
        ...{ id, object: 'payment_intent' as const, amount, amount_received: amount, status: 'succeeded' },
        ...{ currency: currency.toLowerCase(), payment_method: null, last_payment_error: null, created: 1 },
        metadata: { order_id: order },
      };
      stripe.intents.set(id, intent);
      stripe.announce('payment_intent.succeeded', intent);
    },
    newsOf(order) {
      readNews();
      return news.get(order) ?? [];
    },
    async booksOf(orders) {
      const wanted = new Set(orders);
      const books = new Map<string, BankBooks>();
      const orderOf = new Map<string, string>();
      for (const { id, status, amount_received, metadata } of stripe.intents.values()) {
        const order = metadata.order_id ?? '';
        if (status !== 'succeeded' || !wanted.has(order)) continue;
        const { charges, back } = books.get(order) ?? { charges: [], back: 0 };
        books.set(order, { charges: [...charges, amount_received], back });
        orderOf.set(id, order);
      }
      for (const { payment_intent, amount, status } of stripe.refunds.values()) {
        const kept = books.get(orderOf.get(payment_intent) ?? '');
        if (kept && status === 'succeeded') kept.back += amount;
      }
      return books;
    },
    close: stripe.close,
  };
}
