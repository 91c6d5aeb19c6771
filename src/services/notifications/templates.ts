/**
 * What each mail says. Pure: data in; subject, HTML and text out. The HTML is one table with inline styles, because that
 * is what mail clients agree on; a style block turns it dark where that is understood. Every value is escaped, and no
 * value can break out of its line.
 */

export interface Line {
  name: string;
  quantity: number;
  unit_price: string;
  line_total: string;
}

export interface OrderData {
  order_id: string;
  number: number;
  name: string | null;
  reason: string | null;
  items: Line[];
  total_amount: string;
  currency: string;
  guest_token: string | null;
}

export interface RefundData {
  order_id: string;
  amount: string;
  currency: string;
  /** Added when the order is known. */
  number?: number | null;
  name?: string | null;
  guest_token?: string | null;
}

export interface LowStockData {
  product_id: string;
  available: number;
  low_stock_threshold: number;
}

export interface WelcomeData {
  name: string | null;
}

export interface MailData {
  confirmed: OrderData;
  failed: OrderData;
  cancelled: OrderData;
  shipped: OrderData;
  delivered: OrderData;
  refunded: RefundData;
  low_stock: LowStockData;
  welcome: WelcomeData;
}
export type Kind = keyof MailData;

export interface Mail {
  subject: string;
  html: string;
  text: string;
}

interface Content {
  subject: string;
  heading: string;
  paragraphs: string[];
  order?: OrderData;
  link?: { label: string; url: string };
}

const REASONS: Record<string, string> = {
  out_of_stock: 'Something in it has just sold out. You have not been charged.',
  payment_declined:
    'Your payment was declined, and you have not been charged. You are welcome to try another way to pay.',
  timed_out: 'It could not be completed in time. If any money was taken, it is on its way back to you.',
};

const order = (data: OrderData, link: Links, subject: string, heading: string, paragraphs: string[]): Content => ({
  subject: `${subject} – order #${data.number}`,
  heading,
  paragraphs: [greeting(data.name), ...paragraphs],
  order: data,
  link: { label: 'View your order', url: link.order(data) },
});

const TEMPLATES: { [K in Kind]: (data: MailData[K], link: Links) => Content } = {
  confirmed: (data, link) =>
    order(data, link, 'Thank you', 'Your order is confirmed', [
      'It is paid, and everything in it is set aside for you. We will write again when it leaves.',
    ]),
  failed: (data, link) =>
    order(data, link, 'We are sorry', 'Your order could not be completed', [
      REASONS[data.reason ?? ''] ?? 'If any money was taken, it is on its way back to you.',
    ]),
  cancelled: (data, link) =>
    order(data, link, 'Cancelled', 'Your order is cancelled', [
      ...(data.reason ? [`Reason: ${data.reason}`] : []),
      'Nothing will be sent. If you have paid, the money is on its way back to you.',
    ]),
  shipped: (data, link) =>
    order(data, link, 'On its way', 'Your order is on its way', ['It has just left our building.']),
  delivered: (data, link) =>
    order(data, link, 'Delivered', 'Your order has arrived', [
      'We hope that you enjoy it. If anything is not right, just answer this mail.',
    ]),
  refunded: (data, link) => {
    const which = data.number ? ` for order #${data.number}` : '';
    return {
      subject: `Refund of ${money(data.amount, data.currency)}`,
      heading: 'Your money is on its way back',
      paragraphs: [
        greeting(data.name),
        `We have refunded ${money(data.amount, data.currency)}${which}. Depending on your bank it takes a few days to arrive.`,
      ],
      link: { label: 'View your order', url: link.order(data) },
    };
  },
  low_stock: (data, link) => ({
    subject: `Stock is low: ${data.product_id}`,
    heading: `${data.product_id} is running out`,
    paragraphs: [
      `${data.available} left to sell; you asked to be told at ${data.low_stock_threshold}.`,
      'You will not be told again until it has recovered.',
    ],
    link: { label: 'Open the shop', url: link.shop },
  }),
  welcome: (data, link) => ({
    subject: 'Welcome',
    heading: 'Welcome aboard',
    paragraphs: [greeting(data.name), 'Your account is ready. From now on you find all your orders in one place.'],
    link: { label: 'Go to the shop', url: link.shop },
  }),
};

/** Writes a mail. `shopUrl` is where its links lead. */
export function writeMail<K extends Kind>(kind: K, data: MailData[K], shopUrl: string): Mail {
  const content = TEMPLATES[kind](data, links(shopUrl));
  return { subject: oneLine(content.subject), html: html(content), text: text(content) };
}

/** The subject alone: a mail is recorded long before its body is needed. */
export function subjectOf<K extends Kind>(kind: K, data: MailData[K], shopUrl: string): string {
  return oneLine(TEMPLATES[kind](data, links(shopUrl)).subject);
}

interface Links {
  shop: string;
  order: (order: { order_id: string; guest_token?: string | null }) => string;
}

function links(shopUrl: string): Links {
  const shop = shopUrl.replace(/\/+$/, '');
  return {
    shop,
    // Guests have no login: their token opens the page.
    order: ({ order_id, guest_token }) =>
      `${shop}/orders/${order_id}${guest_token ? `?token=${encodeURIComponent(guest_token)}` : ''}`,
  };
}

const greeting = (name: string | null | undefined) => (name ? `Hello ${oneLine(name)},` : 'Hello,');

const formats = new Map<string, Intl.NumberFormat>();

/** Making a format costs a hundred times what using it does. */
function formatOf(currency: string, digits: number): Intl.NumberFormat {
  const key = `${currency} ${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat('en-US', {
      style: 'currency',
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(key, format);
  }
  return format;
}

/** `money('1299.9', 'USD')` is "$1,299.9": formatted from the decimal text, with the digits it has, never as a float. */
export function money(amount: string, currency: string): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  const format = formatOf(currency, digits);
  return format.format(amount as `${number}`);
}

/** No line breaks or other control characters: a value must not start a header or a line of its own. */
export function oneLine(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

export function escapeHtml(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return oneLine(value).replace(/[&<>"']/g, (character) => entities[character] as string);
}

function text({ heading, paragraphs, order, link }: Content): string {
  const table = order && [
    ...order.items.map((line) => `${line.quantity} × ${oneLine(line.name)}: ${money(line.line_total, order.currency)}`),
    `Total: ${money(order.total_amount, order.currency)}`,
  ];
  const parts = [
    oneLine(heading),
    ...paragraphs.map(oneLine),
    ...(table ? [table.join('\n')] : []),
    ...(link ? [`${link.label}: ${link.url}`] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const CELL = `padding:10px 0;border-bottom:1px solid #e4e7ec;${FONT};font-size:15px;line-height:22px;color:#344054`;
const DARK = `@media (prefers-color-scheme:dark){.page{background:#101418!important}.card{background:#1b2127!important}
.ink{color:#f2f4f7!important}.soft{color:#c3c9d1!important;border-color:#343c45!important}}`;

function html({ subject, heading, paragraphs, order, link }: Content): string {
  const body = [
    `<h1 class="ink" style="margin:0 0 16px;${FONT};font-size:22px;line-height:30px;color:#101828">${escapeHtml(heading)}</h1>`,
    ...paragraphs.map(
      (paragraph) =>
        `<p class="soft" style="margin:0 0 12px;${FONT};font-size:15px;line-height:23px;color:#344054">${escapeHtml(paragraph)}</p>`,
    ),
    ...(order ? [lines(order)] : []),
    ...(link ? [button(link)] : []),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title><style>:root{color-scheme:light dark}${DARK}</style></head>
<body class="page" style="margin:0;padding:0;background:#f2f4f7">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f7"><tr><td align="center" style="padding:32px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:12px"><tr><td style="padding:32px">
${body.join('\n')}
</td></tr></table>
</td></tr></table>
</body></html>
`;
}

function lines({ items, total_amount, currency }: OrderData): string {
  const row = (left: string, right: string, style: string, tone: string) =>
    `<tr><td class="${tone}" style="${style}">${left}</td><td class="${tone}" align="right" style="${style};white-space:nowrap">${right}</td></tr>`;
  const rows = items.map(({ name, quantity, unit_price, line_total }) => {
    const each = quantity > 1 ? ` × ${quantity} at ${money(unit_price, currency)}` : '';
    return row(`${escapeHtml(name)}${escapeHtml(each)}`, escapeHtml(money(line_total, currency)), CELL, 'soft');
  });
  const total = row('Total', escapeHtml(money(total_amount, currency)), `${CELL};font-weight:600;border:0`, 'ink');
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:12px 0">${rows.join('')}${total}</table>`;
}

function button({ label, url }: { label: string; url: string }): string {
  return `<p style="margin:20px 0 0"><a href="${escapeHtml(url)}" style="display:inline-block;padding:12px 22px;background:#0b6e99;border-radius:8px;${FONT};font-size:15px;color:#ffffff;text-decoration:none">${escapeHtml(label)}</a></p>`;
}
