/** Mails about an order, one for each step of its life. Pure. */
import type { Tracking } from '../../contracts/orders.ts';
import type { Block, Content, Line } from './mail-layout.ts';
import { money, oneLine } from './mail-words.ts';
import type { Voice } from './templates.ts';

export interface OrderData {
  order_id: string;
  number: number;
  name: string | null;
  reason: string | null;
  items: Line[];
  total_amount: string;
  currency: string;
  guest_token: string | null;
  refunded_amount?: string | null | undefined;
  address?: string[] | null | undefined;
  tracking?: Tracking | null | undefined;
  /** Whether it belongs to an account. */
  account?: boolean | undefined;
}

export interface RefundData {
  order_id: string;
  amount: string;
  currency: string;
  /** Added when the order is known. */
  number?: number | null;
  name?: string | null;
  guest_token?: string | null;
  account?: boolean;
}

export interface OrderMails {
  confirmed: OrderData;
  failed: OrderData;
  cancelled: OrderData;
  shipped: OrderData;
  delivered: OrderData;
  refunded: RefundData;
}

/** Why an order failed, and what to do now, in the shopper's words. */
const FAILURES: Record<string, { why: string; next: string }> = {
  out_of_stock: {
    why: 'Something in it sold out a moment before we could set it aside for you. Nothing was taken from your account.',
    next: 'The other items may still be there. Have another look in the shop, and order what you still like.',
  },
  payment_declined: {
    why: 'Your bank or card declined the payment. Nothing was taken from your account.',
    next: 'Order once more with another way to pay. Your bank can tell you why it declined.',
  },
  timed_out: {
    why: 'We could not complete it in time, so we have closed it. Should any money have been taken, it goes back to you in full.',
    next: 'Please order once more. If that fails too, answer this mail and we will look into it.',
  },
};
const UNKNOWN_FAILURE = {
  why: 'Something went wrong on our side. Should any money have been taken, it goes back to you in full.',
  next: 'Please order once more, or answer this mail and we will look into it.',
};

export const greeting = (name: string | null | undefined) => ({
  paragraph: name ? `Hello ${oneLine(name)},` : 'Hello,',
});

/** Apart from the rest: a mail is recorded, with its subject, long before the rest is needed. */
export const ORDER_SUBJECTS: { [K in keyof OrderMails]: (data: OrderMails[K]) => string } = {
  confirmed: ({ number }) => `Order #${number} is confirmed`,
  failed: ({ number }) => `Order #${number} could not be completed`,
  cancelled: ({ number }) => `Order #${number} is cancelled`,
  shipped: ({ number }) => `Order #${number} is on its way`,
  delivered: ({ number }) => `Order #${number} has arrived`,
  refunded: ({ amount, currency, number }) =>
    `Refund of ${money(amount, currency)}${number ? ` for order #${number}` : ''}`,
};

export const ORDER_MAILS: { [K in keyof OrderMails]: (data: OrderMails[K], voice: Voice) => Content } = {
  confirmed: (data, voice) => ({
    preheader: `Thank you. ${total(data)} is paid, and everything is set aside for you.`,
    status: { text: `Order #${data.number} · Confirmed`, tone: 'good' },
    heading: 'Thank you for your order',
    blocks: [
      greeting(data.name),
      { paragraph: 'Your order is paid, and everything in it is set aside for you.' },
      viewOrder(data, voice),
      lines(data),
      ...addressee(data, 'Delivery to'),
      { next: 'We pack your order and write again when it leaves. Until then you can cancel it on its page.' },
    ],
    ...because(data, voice),
  }),
  failed: (data, voice) => {
    const { why, next } = FAILURES[data.reason ?? ''] ?? UNKNOWN_FAILURE;
    return {
      preheader: why,
      status: { text: `Order #${data.number} · Not completed`, tone: 'bad' },
      heading: 'Your order could not be completed',
      blocks: [
        greeting(data.name),
        { paragraph: 'We are sorry: your order did not go through.' },
        { paragraph: why },
        { button: { label: 'Back to the shop', url: voice.link.shop } },
        lines(data),
        { link: viewOrder(data, voice).button },
        { next },
      ],
      ...because(data, voice),
    };
  },
  cancelled: (data, voice) => ({
    preheader: 'Nothing will be sent. What you have paid goes back to you.',
    status: { text: `Order #${data.number} · Cancelled`, tone: 'wait' },
    heading: 'Your order is cancelled',
    blocks: [
      greeting(data.name),
      { paragraph: 'Nothing of it will be sent.' },
      ...(data.reason ? [{ paragraph: `Reason: ${data.reason}` }] : []),
      viewOrder(data, voice),
      lines(data),
      {
        next: 'If you have paid, the money goes back the way it came; we write when it is on its way. If you did not ask for this, answer this mail.',
      },
    ],
    ...because(data, voice),
  }),
  shipped: (data, voice) => ({
    preheader: data.tracking
      ? `Your parcel has left. Tracking number ${oneLine(data.tracking.number)}.`
      : 'Your parcel has left our building.',
    status: { text: `Order #${data.number} · On its way`, tone: 'good' },
    heading: 'Your order is on its way',
    blocks: [
      greeting(data.name),
      { paragraph: 'It has just left our building.' },
      data.tracking?.url ? { button: { label: 'Track your parcel', url: data.tracking.url } } : viewOrder(data, voice),
      ...parcel(data),
      lines(data),
      ...(data.tracking?.url ? [{ link: viewOrder(data, voice).button }] : []),
      {
        next: data.tracking
          ? 'Tracking may take a few hours to show the first step. We write again when it has arrived.'
          : 'We write again when it has arrived.',
      },
    ],
    ...because(data, voice),
  }),
  delivered: (data, voice) => ({
    preheader: 'We hope that you enjoy it.',
    status: { text: `Order #${data.number} · Delivered`, tone: 'good' },
    heading: 'Your order has arrived',
    blocks: [
      greeting(data.name),
      { paragraph: 'We hope that you enjoy it.' },
      viewOrder(data, voice),
      lines(data),
      ...addressee(data, 'Delivered to'),
      { next: 'If anything is missing, broken or not what you expected, answer this mail and we will put it right.' },
    ],
    ...because(data, voice),
  }),
  refunded: (data, voice) => {
    const amount = money(data.amount, data.currency);
    const which = data.number ? ` for order #${data.number}` : '';
    return {
      preheader: `${amount} is on its way back to you.`,
      status: { text: data.number ? `Order #${data.number} · Refund` : 'Refund', tone: 'good' },
      heading: 'Your money is on its way back',
      blocks: [
        greeting(data.name),
        { paragraph: `We have refunded ${amount}${which}, the way it was paid.` },
        viewOrder(data, voice),
        { next: 'Banks take between a day and two weeks to show it. If it is not there by then, answer this mail.' },
      ],
      ...because(data, voice),
    };
  },
};

const total = ({ total_amount, currency }: OrderData) => money(total_amount, currency);

const viewOrder = (data: { order_id: string; guest_token?: string | null }, { link }: Voice) => ({
  button: { label: 'View your order', url: link.order(data) },
});

function lines({ items, currency, total_amount, refunded_amount }: OrderData): Block {
  const refunded = refunded_amount && Number(refunded_amount) > 0 ? refunded_amount : null;
  return { lines: items, currency, total: total_amount, refunded };
}

const addressee = ({ address }: OrderData, label: string): Block[] =>
  address && address.length > 0 ? [{ facts: [{ label, lines: address }] }] : [];

function parcel({ address, tracking }: OrderData): Block[] {
  const facts = [
    ...(tracking
      ? [{ label: 'Tracking', lines: [...(tracking.carrier ? [tracking.carrier] : []), tracking.number] }]
      : []),
    ...(address && address.length > 0 ? [{ label: 'Delivery to', lines: address }] : []),
  ];
  return facts.length > 0 ? [{ facts }] : [];
}

function because({ number, account }: { number?: number | null; account?: boolean | undefined }, voice: Voice) {
  const which = number ? `order #${number}` : 'an order';
  if (account) {
    return {
      why: `You get this mail because of ${which} at ${voice.shop}. Your account is where you choose between mail and SMS.`,
      manage: { label: 'Choose how we tell you', url: voice.link.account },
    };
  }
  return {
    why: `You get this mail because this address was given for ${which} at ${voice.shop}. If that was not you, answer this mail and we will look into it.`,
  };
}
