/**
 * What is outside of the shop, and keeps books of its own: a card processor that honours keys, takes its time, loses its
 * answers and tells things twice; and a mail server that takes a mail and sometimes says nothing. Their books are what
 * the shop's are compared with.
 */

import type { MailTransport } from '../src/services/notifications/mailer.ts';
import type {
  Charge,
  ChargeOutcome,
  Fact,
  PaymentProvider,
  ProviderEvent,
  RefundAnswer,
} from '../src/services/payments/provider.ts';
import type { OpenProviders } from '../src/services/payments/providers.ts';
import type { Life, World } from './world.ts';

interface Booked {
  order_id: string;
  amount: number;
  currency: string;
  outcome: 'succeeded' | 'declined' | 'cancelled';
  reason: string;
}

export interface Processor {
  /** As a process of payments sees it. */
  seenBy(owner: Life): OpenProviders;
  readonly charges: ReadonlyMap<string, Booked>;
  readonly refunds: ReadonlyMap<string, { charge_key: string; amount: number }>;
}

export interface ProcessorOptions {
  /** Where its webhooks go; rejects when nobody takes them. */
  tell: (event: ProviderEvent) => Promise<void>;
  /** For showing that the simulator would notice. */
  broken?: {
    /** A key means nothing to it. */
    honoursKeys?: false;
    /** It says that money goes back, and keeps it. */
    booksRefunds?: false;
  };
}

const METHODS = ['pm_success', 'pm_declined'];
const TROUBLE_RARITY = 0.04;
const DELAYS_MS = [3_000, 20_000, 90_000];
const OUTAGE_RARITY = 0.004;
const OUTAGES_MS = [30_000, 600_000];
const TELL_AGAIN_MS = 5_000;

export function createProcessor(world: World, { tell, broken = {} }: ProcessorOptions): Processor {
  const { honoursKeys = true, booksRefunds = true } = broken;
  const charges = new Map<string, Booked>();
  const refunds = new Map<string, { charge_key: string; amount: number }>();
  let calls = 0;
  let told = 0;
  let awayUntil = 0;

  /** A request travels, is worked on, and its answer travels back; each may take long, or never arrive. */
  function request<T>(what: string, signal: AbortSignal, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
      const late = world.fault(TROUBLE_RARITY, ...DELAYS_MS.map((ms) => `${what} takes ${ms} ms`));
      world.after(late < 0 ? 0 : (DELAYS_MS[late] as number), {
        owner: undefined,
        what,
        take() {
          const outage = world.fault(OUTAGE_RARITY, ...OUTAGES_MS.map((ms) => `the processor is away for ${ms} ms`));
          if (outage >= 0) awayUntil = world.now() + (OUTAGES_MS[outage] as number);
          if (world.now() < awayUntil) return () => reject(new Error('connection refused'));
          const trouble = world.fault(TROUBLE_RARITY, `${what} never arrives`, `the answer to ${what} is lost`);
          if (trouble === 0) return () => reject(new Error('connection refused'));
          const answer = work();
          if (trouble === 1) return () => reject(new Error('connection lost'));
          return () => resolve(answer);
        },
      });
    });
  }

  function book({ key, order_id, amount, currency, method }: Charge, cancelled = false): Booked {
    calls += 1;
    const name = honoursKeys || cancelled ? key : `${key} ${calls}`;
    let booked = charges.get(name);
    if (!booked) {
      const verdict = method === 'pm_success' ? 'succeeded' : 'declined';
      booked = { order_id, amount, currency, outcome: cancelled ? 'cancelled' : verdict, reason: method };
      charges.set(name, booked);
      if (booked.outcome === 'succeeded') tellOften(key, booked, { kind: 'charged', amount, currency });
    }
    return booked;
  }

  /** Webhooks: none, one, or the same one twice, before the answer or long after it. */
  function tellOften(key: string, { order_id }: Booked, fact: Fact): void {
    const event = {
      event_id: `evt_${++told}`,
      type: fact.kind,
      reference: `ch_${key}`,
      payment_id: key,
      order_id,
      fact,
    };
    for (let times = world.choices.pick(3, 0.5); times > 0; times -= 1) tellOnce(event, 0);
  }

  function tellOnce(event: ProviderEvent, ms: number): void {
    world.after(ms, {
      owner: undefined,
      what: `webhook ${event.type}`,
      take: () => () => void tell(event).catch(() => tellOnce(event, TELL_AGAIN_MS)),
    });
  }

  async function charge(asked: Charge, signal: AbortSignal): Promise<ChargeOutcome> {
    const { outcome, reason } = await request('charge', signal, () => book(asked));
    // It is booked, and the processor will not say so yet.
    if (outcome === 'succeeded' && world.fault(TROUBLE_RARITY, 'the charge is said to be pending') === 0)
      return { outcome: 'pending' };
    if (outcome === 'succeeded') return { outcome, transaction_id: `ch_${asked.key}` };
    return { outcome: 'declined', reason };
  }

  async function cancel(asked: Charge, signal: AbortSignal) {
    const { outcome } = await request('cancel a charge', signal, () => book(asked, true));
    if (outcome !== 'succeeded') return { charged: false } as const;
    return { charged: true, transaction_id: `ch_${asked.key}` } as const;
  }

  const provider: PaymentProvider = {
    name: 'simulated',
    methods: {
      pattern: `^(${METHODS.join('|')})$`,
      default_method: 'pm_success',
      methods: METHODS.map((id) => ({ id, label: id })),
      test: true,
    },
    accepts: () => true,
    charge,
    cancel,
    refund: ({ key, charge_key, amount }, signal) =>
      request<RefundAnswer>('refund', signal, () => {
        if (booksRefunds) refunds.set(key, { charge_key, amount });
        return { outcome: 'succeeded', reference: null };
      }),
    readWebhook: (body) => JSON.parse(body.toString()) as ProviderEvent,
  };

  return {
    charges,
    refunds,
    seenBy: () => ({
      current: provider,
      named: (name) => (name === provider.name ? provider : undefined),
      async load() {},
    }),
  };
}

export interface MailServer {
  /** As a process of notifications sees it. */
  seenBy(owner: Life): MailTransport;
  /** Message-IDs. */
  readonly taken: ReadonlySet<string>;
  /** Those that came again although whoever sent them knew, and lived. */
  readonly needless: readonly string[];
}

/** So soon nobody who knows that a mail has arrived may send it again: others leave it alone, or it is recorded. */
const KNOWN_MS = 20_000;

export function createMailServer(world: World): MailServer {
  const taken = new Set<string>();
  const needless: string[] = [];
  /** Message-ID → who was told that it had arrived, and when. */
  const told = new Map<string, { owner: Life; at: number }>();
  const smtp = (message: string, more: object) => Object.assign(new Error(message), more);
  return {
    taken,
    needless,
    seenBy: (owner) => ({
      sendMail: ({ messageId = '' }) =>
        new Promise((resolve, reject) => {
          world.after(0, {
            owner,
            what: 'mail',
            take() {
              const trouble = world.fault(
                TROUBLE_RARITY,
                'mail server away',
                'mail refused for now',
                'its answer is lost',
              );
              if (trouble === 0) return () => reject(smtp('connect ECONNREFUSED', { code: 'ECONNECTION' }));
              if (trouble === 1) {
                return () => reject(smtp('451 later', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 451 }));
              }
              const known = told.get(messageId);
              if (known?.owner.alive && world.now() < known.at + KNOWN_MS) needless.push(messageId);
              taken.add(messageId);
              if (trouble === 2) return () => reject(smtp('socket closed', { code: 'ESOCKET' }));
              return () => {
                told.set(messageId, { owner, at: world.now() });
                resolve();
              };
            },
          });
        }),
      close() {},
    }),
  };
}
