/**
 * SMS through Twilio's REST API (Messages resource, 2010-04-01). It knows no idempotency keys: when an earlier call may
 * have got through (its answer was lost, or we died before writing it down), the newest messages to that number are looked
 * through for the same words before anything is sent. What is left: an earlier call that is still on its way to Twilio
 * while we look. Then, and only then, the SMS comes twice.
 */
import { Pool } from 'undici';
import type { Sms, SmsOutcome, SmsProvider } from './sms-provider.ts';

export interface TwilioOptions {
  accountSid: string;
  authToken: string;
  /** A number, a sender name, or a Messaging Service (MG…). */
  from: string;
  apiUrl: string;
}

/** Refused because of the number (Twilio's error codes). */
const DEAD_NUMBERS: Record<number, 'refused' | 'unsubscribed'> = {
  21211: 'refused', // not a valid number
  21614: 'refused', // not a mobile number
  21610: 'unsubscribed', // answered STOP
};
/** Refused because of what was asked: another try would be refused too. */
const HOPELESS = new Set([21602, 21604, 21612, 21617]); // no body, no number, no route to it, too long
const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 15_000;
/** Clocks differ, and Twilio's times have no milliseconds. */
const SLACK_MS = 60_000;
const LOOKED_THROUGH = 50;

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export function createTwilio({ accountSid, authToken, from, apiUrl }: TwilioOptions): SmsProvider {
  const base = new URL(apiUrl);
  const messages = `${base.pathname.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const pool = new Pool(base.origin, {
    connections: 16,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  const headers = {
    authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    accept: 'application/json',
  };

  async function ask(method: 'GET' | 'POST', fields: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const form = new URLSearchParams(fields).toString();
    const request =
      method === 'GET'
        ? { path: `${messages}?${form}`, headers }
        : { path: messages, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: form };
    const reply = await pool.request({ ...request, method, signal });
    const text = await reply.body.text();
    return { status: reply.statusCode, body: parsed(text) };
  }

  /** The name of a message that an earlier call has left there; undefined when there is none. */
  async function earlier({ to, body }: Sms, since: Date, signal: AbortSignal): Promise<string | undefined> {
    const { status, body: found } = await ask('GET', { To: to, PageSize: String(LOOKED_THROUGH) }, signal);
    if (status !== 200 || !Array.isArray(found.messages)) throw new Error(`Twilio answered ${status} to a look`);
    const oldest = since.getTime() - SLACK_MS;
    const same = (found.messages as Record<string, unknown>[]).find(
      // A trial account puts words of its own in front.
      (one) => String(one.body).endsWith(body) && Date.parse(String(one.date_created)) >= oldest,
    );
    return same && String(same.sid);
  }

  return {
    name: 'twilio',
    async send(sms, signal) {
      try {
        if (sms.askedSince) {
          const sid = await earlier(sms, sms.askedSince, signal).catch((error) => {
            throw Object.assign(error as Error, { nothingAsked: true });
          });
          if (sid) return { outcome: 'sent', provider_id: sid };
        }
        const sender: Record<string, string> = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
        return meaningOf(await ask('POST', { To: sms.to, ...sender, Body: sms.body }, signal));
      } catch (error) {
        const { code = '', nothingAsked, message } = error as Error & { code?: string; nothingAsked?: boolean };
        // Nothing has left this machine, or nothing that could send: no doubt about it.
        if (nothingAsked || NOT_SENT.has(code)) return { outcome: 'unreachable', reason: `Twilio: ${code || message}` };
        throw new Error(`Twilio did not answer: ${code || message}`);
      }
    },
    close: () => pool.close(),
  };
}

const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function meaningOf({ status, body }: Answer): SmsOutcome {
  if (status >= 200 && status < 300) return { outcome: 'sent', provider_id: String(body.sid) };
  const code = Number(body.code ?? 0);
  const reason = `Twilio ${status}${code ? `, ${code}` : ''}: ${String(body.message ?? 'no reason given')}`;
  const address = DEAD_NUMBERS[code];
  if (address) return { outcome: 'refused', reason, code: String(code), address };
  if (HOPELESS.has(code)) return { outcome: 'refused', reason, code: String(code) };
  // A key it does not know, a closed account: our setting, and every message waits until a person puts it right.
  if (status === 401 || status === 403 || status === 404) return { outcome: 'unreachable', reason };
  // Too many at once, its own faults, a sender or country that the account may not use: later.
  return { outcome: 'later', reason };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
