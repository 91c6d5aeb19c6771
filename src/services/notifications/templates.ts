/** What each notification says: data in; subject, HTML and text out. One table of mails, one of SMS. Pure. */
import type { Kind } from '../../contracts/notifications.ts';
import type { AccountMails } from './account-mails.ts';
import { ACCOUNT_MAILS, ACCOUNT_SUBJECTS } from './account-mails.ts';
import type { Content, Mail } from './mail-layout.ts';
import { render } from './mail-layout.ts';
import { oneLine } from './mail-words.ts';
import type { OrderMails } from './order-mails.ts';
import { ORDER_MAILS, ORDER_SUBJECTS } from './order-mails.ts';

/** What is kept of each kind until it is sent. Rows of older versions may lack what was added since. */
export type MailData = OrderMails &
  AccountMails & { [K in Exclude<Kind, keyof OrderMails | keyof AccountMails>]: never };

export interface ShopIdentity {
  name: string;
  /** Where links lead. */
  url: string;
}

export interface Links {
  shop: string;
  account: string;
  order: (order: { order_id: string; guest_token?: string | null | undefined }) => string;
  resetPassword: (token: string) => string;
}

export interface Voice {
  shop: string;
  link: Links;
}

const SUBJECTS: { [K in Kind]: (data: MailData[K], shop: string) => string } = {
  ...ORDER_SUBJECTS,
  ...ACCOUNT_SUBJECTS,
};
const MAILS: { [K in Kind]: (data: MailData[K], voice: Voice) => Content } = { ...ORDER_MAILS, ...ACCOUNT_MAILS };

/** Writes a mail. */
export function writeMail<K extends Kind>(kind: K, data: MailData[K], shop: ShopIdentity): Mail {
  const voice = voiceOf(shop);
  const frame = { shop: voice.shop, shopUrl: voice.link.shop };
  return render(subjectOf(kind, data, shop), MAILS[kind](data, voice), frame);
}

/** The subject alone: a mail is recorded long before its body is needed. */
export function subjectOf<K extends Kind>(kind: K, data: MailData[K], shop: ShopIdentity): string {
  return oneLine(SUBJECTS[kind](data, shop.name));
}

export function voiceOf({ name, url }: ShopIdentity): Voice {
  const shop = url.replace(/\/+$/, '');
  return {
    shop: oneLine(name),
    link: {
      shop,
      account: `${shop}/account`,
      // Guests have no login: their token opens the page.
      order: ({ order_id, guest_token }) =>
        `${shop}/orders/${order_id}${guest_token ? `?token=${encodeURIComponent(guest_token)}` : ''}`,
      resetPassword: (token) => `${shop}/reset-password?token=${encodeURIComponent(token)}`,
    },
  };
}
