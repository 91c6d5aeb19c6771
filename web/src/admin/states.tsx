/** The words of the rooms' states, and their colours. */
import type { StockStatus } from '../../../src/contracts/inventory.ts';
import type { NotificationStatus, SuppressionReason } from '../../../src/contracts/notifications.ts';
import type { PaymentStatus, RefundStatus, WebhookEventStatus } from '../../../src/contracts/payments.ts';
import { Badge } from '../ui/words.tsx';

type Tone = 'good' | 'wait' | 'bad' | 'plain';
type States<S extends string> = Record<S, readonly [words: string, tone: Tone]>;

export const PAYMENT_STATES: States<PaymentStatus> = {
  processing: ['Processing', 'wait'],
  succeeded: ['Paid', 'good'],
  failed: ['Declined', 'bad'],
  voided: ['Voided', 'plain'],
};
export const REFUND_STATES: States<RefundStatus> = {
  processing: ['On its way', 'wait'],
  succeeded: ['Refunded', 'good'],
  failed: ['Failed', 'bad'],
};
export const EVENT_STATES: States<WebhookEventStatus> = {
  waiting: ['Waiting', 'wait'],
  applied: ['Applied', 'good'],
  refused: ['Refused', 'bad'],
  unmatched: ['Unmatched', 'bad'],
};
export const NOTIFICATION_STATES: States<NotificationStatus> = {
  waiting: ['Waiting', 'wait'],
  queued: ['Queued', 'wait'],
  sent: ['Sent', 'good'],
  failed: ['Failed', 'bad'],
};
export const STOCK_STATES: States<StockStatus> = {
  in_stock: ['In stock', 'good'],
  low_stock: ['Low', 'wait'],
  out_of_stock: ['Sold out', 'bad'],
};
export const SUPPRESSION_WORDS: Record<SuppressionReason, string> = {
  refused: 'Refused by its server',
  bounced: 'Bounced',
  complained: 'Called it spam',
  unsubscribed: 'Unsubscribed',
};

export function State<S extends string>({ of, is }: { of: States<S>; is: S }) {
  const [words, tone] = of[is];
  return <Badge tone={tone}>{words}</Badge>;
}

/** Why a payment is what it is, unless that says no more than its state. */
export function Reason({ status, reason }: { status: PaymentStatus; reason: string | null }) {
  const words = reason && plainWords(reason);
  return words && words !== PAYMENT_STATES[status][0] && <span className="soft">{words}</span>;
}

/** `['Paid', …]` as the tabs or options of a filter. */
export const optionsOf = <S extends string>(states: States<S>, all: string) => [
  { value: '', label: all },
  ...(Object.entries(states) as [S, readonly [string, Tone]][]).map(([value, [label]]) => ({ value, label })),
];

/** `password_reset` → "Password reset". */
export const plainWords = (name: string) => {
  const words = name.replaceAll(/[._-]/g, ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

const METHODS: Record<string, string> = { email: 'E-mail', sms: 'SMS' };
export const channelWords = (channel: string) => METHODS[channel] ?? channel;
