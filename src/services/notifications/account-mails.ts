/** Mails about an account, and to the merchant. Pure. */
import type { Content } from './mail-layout.ts';
import { maskedEmail, moment, oneLine } from './mail-words.ts';
import { greeting } from './order-mails.ts';
import type { Voice } from './templates.ts';

export interface AccountMails {
  welcome: { name: string | null };
  account_exists: { name: string | null };
  email_changed: { name: string | null; new_email: string };
  /** The token is a secret: it is forgotten once the mail is sent or given up. */
  password_reset: { name: string | null; token: string; expires_at: string };
  password_changed: { name: string | null; changed_at: string };
  low_stock: { product_id: string; name?: string | null; available: number; low_stock_threshold: number };
}

export const ACCOUNT_SUBJECTS: { [K in keyof AccountMails]: (data: AccountMails[K], shop: string) => string } = {
  welcome: (_data, shop) => `Welcome to ${shop}`,
  account_exists: (_data, shop) => `You have a ${shop} account already`,
  email_changed: (_data, shop) => `The e-mail address of your ${shop} account was changed`,
  password_reset: (_data, shop) => `Set a new password for ${shop}`,
  password_changed: (_data, shop) => `Your ${shop} password was changed`,
  low_stock: (data) => `Low stock: ${productOf(data)}, ${leftOf(data)}`,
};

const productOf = ({ product_id, name }: AccountMails['low_stock']) =>
  name ? `${oneLine(name)} (${product_id})` : product_id;
const leftOf = ({ available }: AccountMails['low_stock']) => (available === 0 ? 'none left' : `${available} left`);

export const ACCOUNT_MAILS: { [K in keyof AccountMails]: (data: AccountMails[K], voice: Voice) => Content } = {
  welcome: ({ name }, { shop, link }) => ({
    preheader: 'Your account is ready.',
    status: { text: 'Your account is ready', tone: 'good' },
    heading: `Welcome to ${shop}`,
    blocks: [
      greeting(name),
      {
        paragraph:
          'It is good to have you here. In your account you find all your orders in one place, keep your addresses, and choose whether we tell you of your orders by mail or by SMS.',
      },
      { button: { label: 'Go to the shop', url: link.shop } },
    ],
    why: `You get this mail because an account at ${shop} was opened with this address. If that was not you, answer this mail and we will close it.`,
    manage: { label: 'Your account', url: link.account },
  }),
  account_exists: ({ name }, { shop, link }) => ({
    preheader: 'There is no need to open another.',
    status: { text: 'Account security', tone: 'wait' },
    heading: 'You have an account already',
    blocks: [
      greeting(name),
      { paragraph: `Somebody, hopefully you, has tried to open an account at ${shop} with this address. It has one.` },
      { paragraph: 'Log in with your password, or set a new one if you have forgotten it.' },
      { button: { label: 'Set a new password', url: `${link.shop}/forgot-password` } },
      { paragraph: 'If it was not you, there is nothing to do: nothing was changed, and nobody was told.' },
    ],
    ...forSafety(shop, link.account),
  }),
  email_changed: ({ name, new_email }, { shop, link }) => ({
    preheader: `From now on we write to ${maskedEmail(new_email)}.`,
    status: { text: 'Account security', tone: 'wait' },
    heading: 'Your e-mail address was changed',
    blocks: [
      greeting(name),
      {
        paragraph: `Your account now uses ${maskedEmail(new_email)}. From now on we write there; this is the last mail to this address.`,
      },
      {
        paragraph:
          'If it was you, there is nothing to do. If it was not, answer this mail at once: somebody may be using your account.',
      },
    ],
    ...forSafety(shop, link.account),
  }),
  password_reset: ({ name, token, expires_at }, { shop, link }) => ({
    preheader: 'The link works once, and for an hour at most.',
    status: { text: 'Account security', tone: 'wait' },
    heading: 'Set a new password',
    blocks: [
      greeting(name),
      { paragraph: `Somebody, hopefully you, has asked for a new password for your account at ${shop}.` },
      { button: { label: 'Set a new password', url: link.resetPassword(token) } },
      { paragraph: `The link works once, until ${moment(expires_at)}.` },
      {
        paragraph:
          'If you did not ask for it, do nothing: your password stays as it is. Give this link to nobody; we never ask for it.',
      },
    ],
    ...forSafety(shop),
  }),
  password_changed: ({ name, changed_at }, { shop, link }) => ({
    preheader: `On ${moment(changed_at)}.`,
    status: { text: 'Account security', tone: 'good' },
    heading: 'Your password was changed',
    blocks: [
      greeting(name),
      { paragraph: `The password of your account at ${shop} was changed on ${moment(changed_at)}.` },
      {
        paragraph:
          'If it was you, there is nothing to do. If it was not, set a new one now: that ends every session of your account.',
      },
      { button: { label: 'It was not me', url: `${link.shop}/forgot-password` } },
    ],
    ...forSafety(shop, link.account),
  }),
  low_stock: (data, { shop, link }) => {
    const { product_id, available, low_stock_threshold } = data;
    const product = productOf(data);
    return {
      preheader: `${leftOf(data)} to sell; you asked to be told at ${low_stock_threshold}.`,
      status: { text: available === 0 ? 'Sold out' : 'Low stock', tone: available === 0 ? 'bad' : 'wait' },
      heading: available === 0 ? `${product} is sold out` : `${product} is running out`,
      blocks: [
        {
          paragraph: `There ${available === 1 ? 'is 1' : `are ${available === 0 ? 'none' : available}`} left to sell; you asked to be told at ${low_stock_threshold}.`,
        },
        { button: { label: 'Replenish stock', url: `${link.shop}/admin/products/${encodeURIComponent(product_id)}` } },
        { next: 'We do not write again about this product until its stock has recovered and falls once more.' },
      ],
      why: `You get this mail because this is the merchant's address of ${shop} (the setting MERCHANT_EMAIL). The threshold belongs to the product: change it there.`,
    };
  },
};

const forSafety = (shop: string, account?: string) => ({
  why: `You get this mail because it is about the safety of your account at ${shop}. Such mails are always sent, and only by mail.`,
  manage: account ? { label: 'Your account', url: account } : undefined,
});
