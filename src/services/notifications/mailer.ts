/**
 * Sends queued mails, some side by side, outside every transaction. A mail server that is down only delays: the claiming
 * pauses, growing longer while it stays down, instead of trying every mail in vain. A mail it does not want now is tried
 * again for as long as it takes, at most once a minute; a mail it does not want at all has failed.
 *
 * A crash between the server's answer and ours sends a mail again, under the same Message-ID.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transporter } from 'nodemailer';
import { createTransport } from 'nodemailer';
import type { Settings } from '../../config.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { createEffect } from '../../platform/effect.ts';
import { createLoadMeter } from '../../platform/load.ts';
import type { Logger } from '../../platform/log.ts';
import { backoff } from '../../platform/retry.ts';
import type { Worker } from '../../platform/worker.ts';
import type { Outcome } from './notification.ts';
import { outcomeOf } from './notification.ts';
import type { Claimed, SavedOutcome } from './store.ts';
import { claimDue, saveOutcomes } from './store.ts';
import { oneLine, writeMail } from './templates.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const SOCKET_TIMEOUT_MS = 30_000;
/** A server may think long about a mail (RFC 5321 would have us wait minutes), and one that died is missed sooner. */
const SEND_TIMEOUT_MS = 20_000;
const LEASE_MS = 26_000;
/** A server that takes mails and never answers gets each this often at most: it may have delivered all of them. */
const MAX_UNANSWERED = 5;
/**
 * In a process that is busy, each mail first gives way this long: writing one, and receiving it in the development
 * mailbox, costs as much as a whole order (measured: 1.6k orders/s with mails giving way, 1.3k without).
 */
const GIVE_WAY_MS = 200;
const RETRY = { baseMs: 1_000, capMs: 60_000 };
const PAUSE = { baseMs: 500, capMs: 15_000 };

export interface MailerOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  settings: Pick<Settings, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_CONCURRENCY' | 'SHOP_URL'>;
}

export function createMailer({ db, clock, log, settings }: MailerOptions): Worker {
  const { SMTP_URL, MAIL_FROM, MAIL_CONCURRENCY, SHOP_URL } = settings;
  const transport = SMTP_URL ? openTransport(SMTP_URL, MAIL_CONCURRENCY) : undefined;
  if (!transport) log.warn('no SMTP_URL: mails are queued until there is one');
  const load = createLoadMeter();
  let outages = 0;
  let pausedUntil = 0;

  async function perform(mail: Claimed, signal: AbortSignal): Promise<Outcome> {
    if (load.busy()) await sleep(GIVE_WAY_MS);
    const { html, text } = writeMail(mail.kind, mail.data, SHOP_URL);
    const { name } = mail.data as { name?: string | null };
    try {
      await transport?.sendMail({
        from: MAIL_FROM,
        to: { name: oneLine(name ?? ''), address: mail.recipient },
        subject: mail.subject,
        html,
        text,
        messageId: mail.message_id,
        headers: { 'Auto-Submitted': 'auto-generated', ...(mail.order_id && { 'X-Order-Id': mail.order_id }) },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      });
      outages = 0;
      return { result: 'sent' };
    } catch (error) {
      const outcome = outcomeOf(error as Error);
      if (outcome.result === 'unreachable') pause(outcome.error);
      else outages = 0;
      return outcome;
    }
  }

  /** Several connections fail together when a server goes: they are one outage. */
  function pause(error: string): void {
    const now = clock.now().getTime();
    if (now < pausedUntil) return;
    outages += 1;
    pausedUntil = now + PAUSE.baseMs / 2 + backoff(outages, PAUSE);
    log[outages === 1 ? 'warn' : 'debug']({ error, outages }, 'mail server cannot be reached, mails wait');
  }

  function saved({ id, attempts }: Claimed, outcome: Outcome): SavedOutcome {
    const now = clock.now();
    const row = { id, attempts, last_error: null, sent_at: null, next_attempt_at: null };
    if (outcome.result === 'sent') return { ...row, status: 'sent', sent_at: now.toISOString() };
    const last_error = oneLine(outcome.error).slice(0, 1_000);
    if (outcome.result === 'refused') return { ...row, status: 'failed', last_error };
    const unanswered = outcome.result === 'unanswered' && attempts >= MAX_UNANSWERED;
    if (unanswered) return { ...row, status: 'failed', last_error: `perhaps delivered: ${last_error}` };
    const then = outcome.result === 'unreachable' ? pausedUntil : now.getTime() + backoff(attempts, RETRY);
    return { ...row, status: 'queued', last_error, next_attempt_at: new Date(then).toISOString() };
  }

  const effect = createEffect<Claimed, Outcome>({
    name: 'mailer',
    db,
    clock,
    log,
    concurrency: MAIL_CONCURRENCY,
    ahead: 16,
    leaseMs: LEASE_MS,
    timeoutMs: SEND_TIMEOUT_MS,
    // After a failure one mail finds out for all of them whether the server is back.
    claim: async (limit, now, leaseUntil) =>
      transport && now.getTime() >= pausedUntil ? claimDue(db, outages > 0 ? 1 : limit, now, leaseUntil) : [],
    perform,
    save: (done, tx) =>
      saveOutcomes(
        tx,
        done.map(({ intent, outcome }) => saved(intent, outcome)),
      ),
  });

  return {
    ...effect,
    async stop() {
      await effect.stop();
      transport?.close();
    },
  };
}

function openTransport(url: string, connections: number): Transporter {
  return createTransport({
    url,
    pool: true,
    maxConnections: connections,
    // Trying again is decided here, where it is written down.
    maxRequeues: 0,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
  });
}
