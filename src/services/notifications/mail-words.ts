/** Words of mails: money, addresses, times, and values made harmless. Pure. */
import type { OrderState } from '../../contracts/orders.ts';

const formats = new Map<string, Intl.NumberFormat>();

/** Making a format costs a hundred times what using it does. */
function formatOf(currency: string, digits: number, currencyDisplay: 'symbol' | 'code'): Intl.NumberFormat {
  const key = `${currency} ${digits} ${currencyDisplay}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat('en-US', {
      style: 'currency',
      currency,
      currencyDisplay,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(key, format);
  }
  return format;
}

/** `money('1299.9', 'USD')` is "$1,299.9": formatted from the decimal text, with the digits it has, never as a float. */
export function money(amount: string, currency: string, display: 'symbol' | 'code' = 'symbol'): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  return formatOf(currency, digits, display).format(amount as `${number}`);
}

/** "21 November 2026 at 14:05 UTC": a mail is read in any zone, so it names its own. */
export function moment(time: string): string {
  const date = new Date(time);
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date);
  return `${day} at ${date.toISOString().slice(11, 16)} UTC`;
}

/** No line breaks or other control characters: a value must not start a header or a line of its own. */
export function oneLine(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(value: string): string {
  return oneLine(value).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** An address as it is written on a parcel, line by line. */
export function addressLines(address: OrderState['shipping_address']): string[] | null {
  if (!address) return null;
  if (typeof address === 'string') return filled(address.split(/\r?\n/));
  const { name, line1, line2, city, region, postal_code, country } = address;
  const place = [city, [region, postal_code].filter(Boolean).join(' ')].filter(Boolean).join(', ');
  return filled([name, line1, line2, place, countries.of(country)]);
}

const filled = (lines: (string | undefined)[]) => lines.map((line) => oneLine(line ?? '')).filter(Boolean);

/** `a•••@example.com`: enough for its owner, too little for anyone else. */
export function maskedEmail(email: string): string {
  const [, first = '', domain = ''] = /^(.).*@([^@]+)$/u.exec(email) ?? [];
  return domain ? `${first}•••@${domain}` : '•••';
}
