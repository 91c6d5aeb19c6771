/**
 * What an SMS says: plain words, the order's number and a link, in characters of the GSM alphabet (3GPP TS 23.038), in
 * one part of 160 where the link is not too long. Pure.
 */
import { money, oneLine } from './mail-words.ts';
import type { OrderMails } from './order-mails.ts';
import type { ShopIdentity } from './templates.ts';
import { voiceOf } from './templates.ts';

export type SmsKind = keyof OrderMails;
export const SMS_KINDS: readonly string[] = ['confirmed', 'failed', 'cancelled', 'shipped', 'delivered', 'refunded'];

/** One character outside of it makes every part 70 characters short. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** These count twice. */
const EXTENDED = '^{}\\[~]|€';

const FAILED: Record<string, string> = {
  out_of_stock: 'sold out, not charged',
  payment_declined: 'payment declined, not charged',
  timed_out: 'not completed in time',
};

const SENTENCES: { [K in SmsKind]: (data: OrderMails[K]) => string } = {
  confirmed: ({ number }) => `order ${number} is confirmed.`,
  failed: ({ number, reason }) => `order ${number} failed: ${FAILED[reason ?? ''] ?? 'please order again'}.`,
  cancelled: ({ number }) => `order ${number} is cancelled.`,
  shipped: ({ number, tracking }) =>
    `order ${number} is on its way.${tracking ? ` ${[tracking.carrier, tracking.number].filter(Boolean).join(' ')}.` : ''}`,
  delivered: ({ number }) => `order ${number} has arrived.`,
  refunded: ({ number, amount, currency }) =>
    `refund of ${money(amount, currency, 'code')}${number ? ` for order ${number}` : ''}.`,
};

/** Without the link, which may hold a guest's key: this is what lists show. */
export function smsSubject<K extends SmsKind>(kind: K, data: OrderMails[K], shop: ShopIdentity): string {
  return gsm(`${shop.name}: ${SENTENCES[kind](data)}`);
}

export function writeSms<K extends SmsKind>(kind: K, data: OrderMails[K], shop: ShopIdentity): string {
  const link = voiceOf(shop).link.order(data);
  const subject = smsSubject(kind, data, shop);
  const whole = `${subject} ${link}`;
  if (gsmLength(whole) <= 160) return whole;
  // The shop is named by its link.
  const short = `${gsm(SENTENCES[kind](data))} ${link}`;
  return gsmLength(short) <= 160 ? short : whole;
}

/** How much of a part it takes; letters of other alphabets are replaced before, so there are none. */
export function gsmLength(text: string): number {
  return [...text].reduce((sum, character) => sum + (EXTENDED.includes(character) ? 2 : 1), 0);
}

/** Other letters lose their accents or become a question mark: a short SMS that arrives, not a long one in Unicode. */
export function gsm(text: string): string {
  const known = (character: string) => BASIC.includes(character) || EXTENDED.includes(character);
  return [
    ...oneLine(text)
      .replace(/[\u00a0\u202f]/g, ' ')
      .replace(/[‘’]/g, "'")
      .replace(/[“”„]/g, '"')
      .replace(/[–—]/g, '-'),
  ]
    .map((character) => {
      if (known(character)) return character;
      const plain = character.normalize('NFKD').replace(/\p{M}/gu, '');
      return plain && [...plain].every(known) ? plain : '?';
    })
    .join('');
}
