/**
 * Sends queued mails by SMTP. A mail it does not want now is tried again for three days; a mail it does not want at all
 * has failed. A crash between the server's answer and ours sends a mail again, under the same Message-ID: SMTP offers no
 * more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { Settings } from '../../config.ts';
import type { Clock } from '../../platform/clock.ts';
import { idAt } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { createLoadMeter } from '../../platform/load.ts';
import type { Logger } from '../../platform/log.ts';
import type { Worker } from '../../platform/worker.ts';
import type { Outcome, SmtpFailure } from './delivery.ts';
import { outcomeOf } from './delivery.ts';
import { oneLine } from './mail-words.ts';
import type { SendingMeter } from './metrics.ts';
import { inOnePiece, type Letter } from './mime.ts';
import { createSending } from './sending.ts';
import type { Claimed } from './store.ts';
import type { ShopIdentity } from './templates.ts';
import { writeMail } from './templates.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const SOCKET_TIMEOUT_MS = 30_000;
/** A server may think long about a mail (RFC 5321 would have us wait minutes), and one that died is missed sooner. */
const SEND_TIMEOUT_MS = 20_000;
const LEASE_MS = 26_000;
/**
 * In a process that is busy, each mail first gives way this long: writing one, and receiving it in the development
 * mailbox, costs as much as a whole order (measured: 1.6k orders/s with mails giving way, 1.3k without). One that is late
 * does not any more: in a shop that is never at leisure mails would pile up for ever.
 */
const GIVE_WAY_MS = 200;
const LATE_MS = 60_000;

export interface MailerOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  settings: Pick<Settings, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_CONCURRENCY'>;
  shop: ShopIdentity;
  meter: SendingMeter;
  openTransport: typeof openSmtp;
}

/** The way to a mail server. */
export interface MailTransport {
  /** Resolves when the server has taken it. `late`: it gives way to nothing. */
  sendMail(mail: Letter, late: boolean): Promise<void>;
  close(): void;
}

/** Undefined without a mail server: mails wait until there is one. */
export function createMailer({
  db,
  clock,
  log,
  meter,
  settings,
  shop,
  openTransport,
}: MailerOptions): Worker | undefined {
  const { SMTP_URL, MAIL_FROM, MAIL_CONCURRENCY } = settings;
  if (!SMTP_URL) {
    log.warn('no SMTP_URL: mails are queued until there is one');
    return undefined;
  }
  const transport = openTransport(SMTP_URL, MAIL_CONCURRENCY);

  async function send(mail: Claimed, signal: AbortSignal): Promise<Outcome> {
    let written: ReturnType<typeof writeMail>;
    try {
      written = writeMail(mail.kind, mail.data, shop);
    } catch (error) {
      // No waiting mends it, and nobody is to wait behind it: a person sees it among the failed ones, and sends it again.
      log.error({ err: error, notification_id: mail.id, kind: mail.kind }, 'a mail cannot be written');
      return { result: 'refused', error: `it cannot be written: ${(error as Error).message}` };
    }
    const { html, text } = written;
    const { name } = mail.data as { name?: string | null };
    // A product has a name too, and is not who the mail is for.
    const addressee = mail.kind === 'low_stock' ? '' : oneLine(name ?? '');
    try {
      const late = mail.id < idAt(new Date(clock.now().getTime() - LATE_MS));
      const envelope = {
        from: MAIL_FROM,
        to: { name: addressee, address: mail.recipient },
        subject: mail.subject,
        html,
        text,
        messageId: mail.message_id,
        headers: { 'Auto-Submitted': 'auto-generated', ...(mail.order_id && { 'X-Order-Id': mail.order_id }) },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      };
      await transport.sendMail(envelope, late);
      return { result: 'sent' };
    } catch (error) {
      return outcomeOf(error as SmtpFailure);
    }
  }

  return createSending({
    name: 'mailer',
    channel: 'email',
    db,
    clock,
    log,
    meter,
    concurrency: MAIL_CONCURRENCY,
    timeoutMs: SEND_TIMEOUT_MS,
    leaseMs: LEASE_MS,
    send,
    close: () => transport.close(),
  });
}

export function openSmtp(url: string, connections: number): MailTransport {
  const transport = createTransport({
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
  const load = createLoadMeter();
  return {
    async sendMail(mail, late) {
      if (!late && load.busy()) await sleep(GIVE_WAY_MS);
      await transport.sendMail(inOnePiece(mail));
    },
    close: () => transport.close(),
  };
}
