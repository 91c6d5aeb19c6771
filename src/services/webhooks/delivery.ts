/** What an attempt to deliver means: for the delivery, and for the address. Pure. */
import type { DisabledBy, WebhookAttempt, WebhookDeliveryStatus } from '../../contracts/webhooks.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** After each attempt that failed; the last has been made after a bit more than three days. */
const PAUSES = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** No two thousand deliveries that failed together are tried again together. */
const SPREAD = 0.2;
/** An address at which nothing has arrived for so long is told nothing more. */
export const PATIENCE_MS = 5 * DAY;
const MAX_WAIT_MS = DAY;
const MAX_ERROR = 500;

/** What came of an attempt: an answer, or none. */
export interface Attempted {
  status: number | null;
  error: string | null;
  response: string;
  milliseconds: number;
  /** Seconds that the answer asks for. */
  retryAfter?: number | undefined;
}

export interface Tried {
  id: string;
  webhook_id: string;
  attempts: number;
  queued_attempts: number;
}

export interface SavedDelivery extends Tried {
  status: WebhookDeliveryStatus;
  last_error: string | null;
  next_attempt_at: string | null;
  delivered_at: string | null;
  entry: WebhookAttempt;
}

export const hasArrived = ({ status }: Attempted) => status !== null && status >= 200 && status < 300;

/** What becomes of a delivery. `chance` is from 0 to 1. */
export function saved(tried: Tried, attempted: Attempted, now: Date, chance: number): SavedDelivery {
  const { id, webhook_id, attempts, queued_attempts } = tried;
  const error = errorOf(attempted);
  const { status, response, milliseconds } = attempted;
  const entry = { at: now.toISOString(), status, error, response: printable(response), milliseconds };
  const row = { id, webhook_id, attempts, queued_attempts, entry, last_error: error };
  if (error === null) return { ...row, status: 'delivered', next_attempt_at: null, delivered_at: entry.at };
  const pause = PAUSES[attempts - queued_attempts - 1];
  if (pause === undefined) return { ...row, status: 'failed', next_attempt_at: null, delivered_at: null };
  const asked = Math.min((attempted.retryAfter ?? 0) * SECOND, MAX_WAIT_MS);
  const wait = Math.max(pause * (1 - SPREAD / 2 + SPREAD * chance), asked);
  const next = new Date(now.getTime() + wait).toISOString();
  return { ...row, status: 'waiting', next_attempt_at: next, delivered_at: null };
}

function errorOf(attempted: Attempted): string | null {
  if (hasArrived(attempted)) return null;
  if (attempted.status === null) return printable(attempted.error ?? 'no answer').slice(0, MAX_ERROR);
  const moved = attempted.status >= 300 && attempted.status < 400 ? ': redirects are not followed' : '';
  return `answered ${attempted.status}${moved}`;
}

/** PostgreSQL keeps no NUL and no half of a surrogate pair; nobody reads the other controls. */
const printable = (text: string) => text.replace(/\p{Surrogate}|[^\P{Cc}\n\t]/gu, '');

export interface WebhookNews {
  webhook_id: string;
  /** Where it was asked: an answer of an address that was changed meanwhile says nothing of the new one. */
  url: string;
  arrived: boolean;
  /** It wants nothing more, for good. */
  gone: boolean;
}

/** What a batch of attempts says of their addresses, one row for each, in the order of ids. */
export function newsOf(done: readonly { tried: Tried & { url: string }; attempted: Attempted }[]): WebhookNews[] {
  const news = new Map<string, WebhookNews>();
  for (const { tried, attempted } of done) {
    const { webhook_id, url } = tried;
    const key = `${webhook_id} ${url}`;
    const known = news.get(key);
    const arrived = known?.arrived || hasArrived(attempted);
    news.set(key, { webhook_id, url, arrived, gone: known?.gone || attempted.status === 410 });
  }
  return [...news.values()].sort((a, b) => (a.webhook_id < b.webhook_id ? -1 : 1));
}

export const DISABLED: Record<DisabledBy, string> = {
  admin: 'by an admin',
  gone: 'it answered 410 Gone',
  failing: 'nothing has arrived there for five days',
};
