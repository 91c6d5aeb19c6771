/** Sends queued SMS through the provider of the settings. */
import type { Settings } from '../../config.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/log.ts';
import type { Worker } from '../../platform/worker.ts';
import type { Outcome } from './delivery.ts';
import type { SendingMeter } from './metrics.ts';
import { createSending } from './sending.ts';
import type { SmsKind } from './sms.ts';
import { writeSms } from './sms.ts';
import { createDevelopmentSms } from './sms-development.ts';
import type { SmsProvider } from './sms-provider.ts';
import { createTwilio } from './sms-twilio.ts';
import type { Claimed } from './store.ts';
import type { ShopIdentity } from './templates.ts';

const SEND_TIMEOUT_MS = 20_000;
const LEASE_MS = 26_000;
const CONCURRENCY = 8;

type SmsSettings = Pick<
  Settings,
  'SMS_PROVIDER' | 'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_FROM' | 'TWILIO_API_URL'
>;

/** Undefined when the shop sends no SMS. */
export function smsProvider(db: Database, log: Logger, settings: SmsSettings, shop: string): SmsProvider | undefined {
  const { SMS_PROVIDER, TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = settings;
  const chosen = SMS_PROVIDER === 'auto' ? (accountSid ? 'twilio' : 'development') : SMS_PROVIDER;
  if (chosen === 'none') return undefined;
  if (chosen === 'twilio') {
    return createTwilio({ accountSid, authToken, from: settings.TWILIO_FROM, apiUrl: settings.TWILIO_API_URL });
  }
  log.info('SMS are recorded and not sent: TWILIO_ACCOUNT_SID is not set');
  return createDevelopmentSms(db, shop);
}

export interface TexterOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  meter: SendingMeter;
  provider: SmsProvider;
  shop: ShopIdentity;
}

export function createTexter({ db, clock, log, meter, provider, shop }: TexterOptions): Worker {
  async function send(sms: Claimed, signal: AbortSignal): Promise<Outcome> {
    const { message_id: key, recipient: to, attempts, queued_attempts, queued_at } = sms;
    const askedSince = attempts - queued_attempts > 1 ? new Date(queued_at) : null;
    const body = writeSms(sms.kind as SmsKind, sms.data as never, shop);
    try {
      const answer = await provider.send({ key, to, body, askedSince }, signal);
      if (answer.outcome === 'sent') return { result: 'sent', provider_id: answer.provider_id };
      const { outcome, reason } = answer;
      return { result: outcome, error: reason, ...('address' in answer && { address: answer.address }) };
    } catch (error) {
      return { result: 'unanswered', error: (error as Error).message };
    }
  }

  return createSending({
    name: 'texter',
    channel: 'sms',
    db,
    clock,
    log,
    meter,
    concurrency: CONCURRENCY,
    timeoutMs: SEND_TIMEOUT_MS,
    leaseMs: LEASE_MS,
    send,
    close: provider.close,
  });
}
