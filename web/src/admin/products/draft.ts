/** What is typed into the form of a product, and what of it is to be sent. Nothing here asks the shop. */

import type { CreateProduct, Product, UpdateProduct } from '../../../../src/contracts/catalog.ts';
import { toMinor } from '../../../../src/contracts/money.ts';
import { LIMITS } from '../../../../src/contracts/shapes.ts';
import type { BodyOf } from '../../../../src/platform/contract.ts';
import { typedAmount, typedWhole } from '../../ui/amount.ts';

export interface PriceLine {
  /** Stays the same while its currency is typed. */
  key: string;
  currency: string;
  amount: string;
}

export interface Draft {
  product_id: string;
  name: string;
  description: string;
  category: string;
  price: string;
  currency: string;
  prices: PriceLine[];
  stock: string;
  low_stock_threshold: string;
}

export const EMPTY: Draft = {
  product_id: '',
  name: '',
  description: '',
  category: '',
  price: '',
  currency: '',
  prices: [],
  stock: '0',
  low_stock_threshold: '',
};

export function draftOf({ product_id, name, description, category, price, currency, prices }: Product): Draft {
  const further = Object.entries(prices).filter(([one]) => one !== currency);
  return {
    ...EMPTY,
    product_id,
    name,
    description,
    category,
    price,
    currency,
    prices: further.map(([one, amount]) => ({ key: one, currency: one, amount })),
  };
}

export const TEXTS = ['name', 'description', 'category'] as const;

/** As the contract has it. */
const SKU = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** As it is sent; what is no amount has been found before. */
const amount = (text: string, currency: string) => typedAmount(text, currency) ?? text.trim();
export const codeOf = ({ currency }: { currency: string }) => currency.trim().toUpperCase();
const pricesOf = ({ prices }: Draft): Record<string, string> =>
  Object.fromEntries(
    prices
      .filter((line) => codeOf(line) !== '' || line.amount.trim() !== '')
      .map((line) => [codeOf(line), amount(line.amount, codeOf(line))]),
  );
/** Whether two texts are one amount: "12,5" is 12.50. */
export function isSame(a: string | undefined, b: string | undefined, currency: string): boolean {
  if (a === undefined || b === undefined) return a === b;
  const minor = (text: string) => toMinor(amount(text, currency), currency) ?? text.trim();
  return minor(a) === minor(b);
}

/** Empty is none. */
const wholeOf = (text: string) => (text.trim() === '' ? 0 : typedWhole(text));

/** Faults that are seen before the shop is asked, under the pointers that it would use. */
export function faultsIn(draft: Draft): Record<string, string> {
  const faults: Record<string, string> = {};
  const check = (pointer: string, typed: string, currency: string) => {
    if (typed.trim() === '') faults[pointer] = 'A price is needed';
    else if (toMinor(typedAmount(typed, currency || 'USD') ?? '', currency || 'USD') === undefined)
      faults[pointer] = 'A price such as 12.50, with the digits of its currency';
  };
  if (draft.name.trim() === '') faults['/name'] = 'A name is needed';
  if (draft.product_id.trim() !== '' && !SKU.test(draft.product_id.trim())) {
    faults['/product_id'] = 'Letters, digits, dots, dashes and underscores, beginning with a letter or digit';
  }
  for (const name of ['stock', 'low_stock_threshold'] as const) {
    const whole = wholeOf(draft[name]);
    if (whole === undefined || whole < 0 || whole > LIMITS.stock) faults[`/${name}`] = 'A whole number, such as 12';
  }
  check('/price', draft.price, draft.currency.toUpperCase());
  const seen = new Set([draft.currency.toUpperCase()]);
  for (const { key, currency, amount: typed } of draft.prices) {
    const code = currency.trim().toUpperCase();
    if (code === '' && typed.trim() === '') continue;
    if (!/^[A-Z]{3}$/.test(code)) faults[`/prices/${key}`] = 'Three letters, such as EUR';
    else if (seen.has(code)) faults[`/prices/${key}`] = `There is a price in ${code} already`;
    else check(`/prices/${key}`, typed, code);
    seen.add(code);
  }
  return faults;
}

export function creation(draft: Draft): BodyOf<typeof CreateProduct> {
  const { product_id, name, description, category, price, currency, stock, low_stock_threshold } = draft;
  const prices = pricesOf(draft);
  return {
    name: name.trim(),
    price: amount(price, currency.trim().toUpperCase()),
    stock: wholeOf(stock) ?? 0,
    ...(product_id.trim() && { product_id: product_id.trim() }),
    ...(description.trim() && { description: description.trim() }),
    ...(category.trim() && { category: category.trim() }),
    ...(currency && { currency: currency.toUpperCase() }),
    ...(Object.keys(prices).length > 0 && { prices }),
    ...(low_stock_threshold.trim() !== '' && { low_stock_threshold: wholeOf(low_stock_threshold) ?? 0 }),
  };
}

/** Whether a product is what was sent to be made; what the shop chose itself may be anything. */
export function isOf(product: Product, sent: BodyOf<typeof CreateProduct>): boolean {
  const { currency = product.currency, description = '', category = '', prices = {} } = sent;
  const all: Record<string, unknown> = { ...prices, [currency]: sent.price };
  const codes = Object.keys(product.prices);
  return (
    product.name === sent.name &&
    product.description === description &&
    product.category === category &&
    product.currency === currency &&
    codes.length === Object.keys(all).length &&
    codes.every((one) => isSame(product.prices[one], all[one]?.toString(), one))
  );
}

/** Only what differs: what somebody else has changed meanwhile stays as they left it. */
export function changes(before: Draft, now: Draft): BodyOf<typeof UpdateProduct> {
  const text = (name: (typeof TEXTS)[number]) =>
    now[name].trim() === before[name].trim() ? {} : { [name]: now[name].trim() };
  const [was, is] = [pricesOf(before), pricesOf(now)];
  const codes = Object.keys(is);
  const samePrices =
    codes.length === Object.keys(was).length && codes.every((one) => isSame(is[one] ?? '', was[one], one));
  const currency = codeOf(now);
  const sameCurrency = currency === codeOf(before);
  return {
    ...Object.assign({}, ...TEXTS.map(text)),
    ...(!(sameCurrency && isSame(now.price, before.price, currency)) && { price: amount(now.price, currency) }),
    ...(!sameCurrency && { currency }),
    ...(!(sameCurrency && samePrices) && { prices: is }),
  };
}

const OF_NEW = ['product_id', 'stock', 'low_stock_threshold'] as const;
export const isChanged = (before: Draft, now: Draft) =>
  Object.keys(changes(before, now)).length > 0 || OF_NEW.some((name) => before[name] !== now[name]);
