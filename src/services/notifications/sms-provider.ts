/**
 * What is asked of a company that sends SMS. `key` names a message of ours; a provider that knows keys sends it once. One
 * that does not is told whether it may have been asked before, and since when, so that it can look first. A call that
 * throws leaves the outcome unknown: it is made again.
 */
export interface Sms {
  key: string;
  /** E.164. */
  to: string;
  body: string;
  /** It may have been sent by an earlier call, not before this time; null: this is the first. */
  askedSince: Date | null;
}

export type SmsOutcome =
  | { outcome: 'sent'; provider_id: string }
  /** Never to be sent. `address`: because of the number, so that nothing else should go there either. */
  | { outcome: 'refused'; reason: string; code: string; address?: 'refused' | 'unsubscribed' }
  /** Not sent, and worth asking again: it is busy, or our account is in no state to send. */
  | { outcome: 'later'; reason: string }
  /** Not sent: there is no talking to it. */
  | { outcome: 'unreachable'; reason: string };

export interface SmsProvider {
  readonly name: string;
  send(sms: Sms, signal: AbortSignal): Promise<SmsOutcome>;
  close(): Promise<void>;
}
