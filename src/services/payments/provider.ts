/**
 * What payments asks of a card processor. Every call carries a key of ours; a processor that has seen the key answers
 * as it did the first time, so asking again is always safe. A call that throws leaves the outcome unknown.
 *
 * A processor that prepares before it charges answers the first `charge` with `opened`; it is asked again with that
 * reference once it is in our books, so that no money moves under a name we might forget.
 */
import type { Dispute } from '../../contracts/payments.ts';

export interface Charge {
  /** Idempotency key: the payment's id. */
  key: string;
  /** How often the provider has been asked for this payment, this time included. */
  attempt: number;
  order_id: string;
  /** Minor units. */
  amount: number;
  currency: string;
  method: string;
  /** What an earlier call opened. */
  reference: string | null;
}

export type ChargeOutcome =
  | { outcome: 'opened'; reference: string }
  | { outcome: 'succeeded'; transaction_id: string }
  /** For good: nothing was charged and nothing will be. */
  | { outcome: 'declined'; reason: string }
  | { outcome: 'pending' };

export interface RefundRequest {
  /** Idempotency key: the refund's id. */
  key: string;
  attempt: number;
  charge_key: string;
  transaction_id: string;
  order_id: string;
  amount: number;
  currency: string;
  /** The provider's name for this refund, when it has told. */
  reference: string | null;
}

export type RefundAnswer =
  | { outcome: 'succeeded'; reference: string | null }
  | { outcome: 'failed'; reference: string | null; reason: string }
  | { outcome: 'pending'; reference: string };

/** A refund as the provider has it. */
export interface RefundFact {
  reference: string;
  /** Ours, if it was asked for by us. */
  refund_id: string | null;
  amount: number;
  currency: string;
  status: 'processing' | 'succeeded' | 'failed';
  reason: string | null;
}

/** What a provider tells unasked, in words that every provider shares. */
export type Fact =
  /** Final. */
  | { kind: 'charged'; amount: number; currency: string }
  /** Final: it will never be charged. */
  | { kind: 'cancelled' }
  /** Something moved, and an older message may say otherwise: ask. */
  | { kind: 'moved' }
  | { kind: 'refund'; refund: RefundFact }
  /** Money went back, perhaps not at our wish: ask for the refunds there are. */
  | { kind: 'refunds_moved' }
  | { kind: 'dispute'; dispute: Dispute };

export interface ProviderEvent {
  /** The provider's; the same event may come many times. */
  event_id: string;
  type: string;
  reference: string;
  payment_id: string | null;
  order_id: string | null;
  /** Undefined: of no interest here. */
  fact: Fact | undefined;
}

/** How shoppers pay. */
export interface PaymentMethods {
  /** Regular expression, anchored: what a checkout may name. */
  pattern: string;
  /** Used when a checkout names none; null: it must. */
  default_method: string | null;
  /** Those that anyone may name as they are. */
  methods: readonly { id: string; label: string }[];
  /** No money moves. */
  test: boolean;
}

export interface PaymentProvider {
  readonly name: string;
  readonly methods: PaymentMethods;
  /** Whether an amount can be charged or refunded at all. */
  accepts(amount: number, currency: string): boolean;
  charge(charge: Charge, signal: AbortSignal): Promise<ChargeOutcome>;
  /** Makes sure a key is not charged any more, and tells whether it had been. */
  cancel(charge: Charge, signal: AbortSignal): Promise<{ charged: false } | { charged: true; transaction_id: string }>;
  refund(request: RefundRequest, signal: AbortSignal): Promise<RefundAnswer>;
  /** All refunds there are of a charge, whoever asked for them. */
  refundsOf?(reference: string, signal: AbortSignal): Promise<RefundFact[]>;
  /** Reads a webhook; a string says why it is not believed. */
  readWebhook?(body: Buffer, headers: Record<string, string | undefined>, now: Date): ProviderEvent | string;
}

/** Providers by the name in a payment's row: money goes back the way it came, whichever provider is used today. */
export interface Providers {
  /** Charges what is new. */
  readonly current: PaymentProvider;
  /** Undefined: it was configured once and is not any more. */
  named(name: string): PaymentProvider | undefined;
}

/** Stops listening at the signal; the provider goes on. */
export function heard<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('the payment provider did not answer in time'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
