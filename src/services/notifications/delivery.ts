/**
 * What an answer of a mail server or SMS provider means, and what becomes of the notification: sent, failed, or tried
 * again later, but not for ever. Pure.
 */
import type { NotificationStatus, SuppressionReason } from '../../contracts/notifications.ts';
import { NotResendable } from '../../contracts/problems.ts';
import type { Channel } from '../../contracts/shapes.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';
import { EXPIRED } from './customer-news.ts';
import { oneLine } from './mail-words.ts';

/** What is not wanted now is tried again for this long. */
export const PATIENCE_MS = 3 * 24 * 3_600_000;
/** A server that takes mails and never answers gets each this often at most: it may have delivered all of them. */
const MAX_UNANSWERED = 5;

export type Outcome =
  | { result: 'sent'; provider_id?: string | undefined }
  /** Never. `address`: because of the address, so that nothing else should go there either. */
  | { result: 'refused'; error: string; address?: 'refused' | 'unsubscribed' }
  /** Not now. */
  | { result: 'later'; error: string }
  /** It has the message and says nothing: it may have delivered it. */
  | { result: 'unanswered'; error: string }
  /** There is no talking to it: no fault of the message. */
  | { result: 'unreachable'; error: string }
  | { result: 'expired' };

export interface SmtpFailure {
  message: string;
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
}

/** What a failed attempt means (RFC 5321, 4.2.1: 4yz is transient, 5yz permanent). */
export function outcomeOf(failure: SmtpFailure): Exclude<Outcome, { result: 'sent' | 'expired' }> {
  const { message, code, command, responseCode } = failure;
  const aboutTheMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (!aboutTheMail || responseCode === 421)
    return { result: code === 'EABORT' ? 'unanswered' : 'unreachable', error: message };
  // A refused sender is our setting, and a person can put it right: the mails wait for that.
  if (command === 'MAIL FROM' && responseCode) return { result: 'later', error: message };
  const transient = responseCode !== undefined && responseCode < 500;
  if (transient) return { result: 'later', error: message };
  return { result: 'refused', error: message, ...(isDeadAddress(failure) && { address: 'refused' }) };
}

/**
 * Whether a refusal is about the address itself. An enhanced code (RFC 3463) says so: 5.1.x is the address, but for the
 * sender's (.7, .8); 5.2.1 a mailbox that is disabled. A full mailbox (5.2.2) or a policy (5.7.x) is not. Without one the
 * plain code must do: 550, 551 and 553 at RCPT.
 */
function isDeadAddress({ command, message, response, responseCode = 0 }: SmtpFailure): boolean {
  if (command !== 'RCPT TO') return false;
  const enhanced = /\b5\.(\d{1,3})\.(\d{1,3})\b/.exec(response ?? message);
  if (!enhanced) return [550, 551, 553].includes(responseCode);
  const [, subject, detail] = enhanced.map(Number);
  return (subject === 1 && detail !== 7 && detail !== 8) || (subject === 2 && detail === 1);
}

/** A notification that was tried. */
export interface Tried {
  id: string;
  channel: Channel;
  recipient: string;
  attempts: number;
  /** Attempts before it was last put on its way. */
  queued_attempts: number;
  /** When that was. */
  queued_at: string;
}

export interface SavedOutcome {
  id: string;
  attempts: number;
  status: NotificationStatus;
  last_error: string | null;
  provider_id: string | null;
  sent_at: string | null;
  next_attempt_at: string | null;
}

/** `retryAt`: when to try again what may be tried again. */
export function saved(tried: Tried, outcome: Outcome, now: Date, retryAt: number): SavedOutcome {
  const { id, attempts, queued_at, queued_attempts } = tried;
  const row = { id, attempts, last_error: null, provider_id: null, sent_at: null, next_attempt_at: null };
  const failed = (why: string): SavedOutcome => ({ status: 'failed', ...row, last_error: why });
  if (outcome.result === 'sent') {
    return { status: 'sent', ...row, sent_at: now.toISOString(), provider_id: outcome.provider_id ?? null };
  }
  if (outcome.result === 'expired') return failed(EXPIRED);
  const why = withoutAddress(outcome.error, tried.recipient);
  if (outcome.result === 'refused') return failed(why);
  if (outcome.result === 'unanswered' && attempts - queued_attempts >= MAX_UNANSWERED)
    return failed(`perhaps delivered: ${why}`);
  if (outcome.result === 'later' && now.getTime() - Date.parse(queued_at) >= PATIENCE_MS)
    return failed(`given up after three days: ${why}`);
  return { status: 'queued', ...row, last_error: why, next_attempt_at: new Date(retryAt).toISOString() };
}

/** Answers quote the address; it stands beside them anyway, and must go when it is erased. */
export function withoutAddress(error: string, recipient: string): string {
  return oneLine(error.replaceAll(recipient, '(address)')).slice(0, 1_000);
}

/** RFC 5322 Message-ID: the same for every attempt, so that a mail server can tell a repeat from a second mail. */
export function messageId(id: string, resends: number, sender: string): string {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(sender)?.[1] ?? 'localhost';
  return `<${id}${resends > 0 ? `-r${resends}` : ''}@${domain}>`;
}

export interface Resendable {
  status: NotificationStatus;
  channel: Channel;
  recipient: string | null;
  resends: number;
  /** Whether its words are still known. */
  has_data: boolean;
}

/**
 * How often it will have been resent, once it is on its way again; one that never left stays the same message. `no` is
 * why its recipient is not written to. A person who resends has a reason to think that a refused address is good again;
 * nobody may think so of somebody who asked to be left alone.
 */
export function resend(
  { status, recipient, resends, has_data }: Resendable,
  corrected: boolean,
  no: SuppressionReason | undefined,
): number | Rejection<'not-resendable'> {
  const never = (detail: string) => reject(NotResendable, { detail });
  if (status === 'queued' || status === 'waiting') return never('it is on its way already');
  if (recipient === null && !corrected) return never('its recipient was erased');
  if (!has_data) return never('its words are forgotten: they were a secret, or belonged to an account that is closed');
  if (no === 'unsubscribed' || no === 'complained') {
    return never(`its recipient has asked not to be written to (${no}); see GET /suppressions`);
  }
  return status === 'sent' ? resends + 1 : resends;
}
