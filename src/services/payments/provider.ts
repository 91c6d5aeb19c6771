/**
 * What payments asks of a card processor. Every call carries a key of ours; a processor that has seen the key answers
 * as it did the first time, so asking again is always safe. A call that throws leaves the outcome unknown.
 */
export interface Charge {
  /** Idempotency key: the payment's id. */
  key: string;
  order_id: string;
  /** Minor units. */
  amount: number;
  currency: string;
  method: string;
}

export type ChargeOutcome =
  | { outcome: 'succeeded'; transaction_id: string }
  /** For good: nothing was charged and nothing will be. */
  | { outcome: 'declined'; reason: string };

export interface RefundRequest {
  /** Idempotency key: the refund's id. */
  key: string;
  charge_key: string;
  transaction_id: string;
  amount: number;
  currency: string;
}

export interface PaymentProvider {
  readonly name: string;
  charge(charge: Charge, signal: AbortSignal): Promise<ChargeOutcome>;
  /** Makes sure a key is not charged any more, and tells whether it had been. */
  cancel(charge: Charge, signal: AbortSignal): Promise<{ charged: false } | { charged: true; transaction_id: string }>;
  refund(
    request: RefundRequest,
    signal: AbortSignal,
  ): Promise<{ outcome: 'succeeded' } | { outcome: 'failed'; reason: string }>;
}
