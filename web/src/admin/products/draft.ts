/** What is typed into the form of a product, and what of it is to be sent. Nothing here asks the shop. */

import type { CreateProduct, Product, UpdateProduct } from '../../../../src/contracts/catalog.ts';
import { toMinor } from '../../../../src/contracts/money.ts';
import type { BodyOf } from '../../../../src/platform/contract.ts';
import { typedAmount } from '../../ui/amount.ts';

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

/** As the contract has it. */
const SKU = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** As it is sent; what is no amount has been found before. */
const amount = (text: string, currency: string) => typedAmount(text, currency) ?? text.trim();
const pricesOf = ({ prices }: Draft) =>
  Object.fromEntries(
    prices
      .filter(({ currency, amount: typed }) => currency.trim() !== '' || typed.trim() !== '')
      .map(({ currency, amount: typed }) => [
        currency.trim().toUpperCase(),
        amount(typed, currency.trim().toUpperCase()),
      ]),
  );

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
    stock: Number(stock || 0),
    ...(product_id.trim() && { product_id: product_id.trim() }),
    ...(description.trim() && { description: description.trim() }),
    ...(category.trim() && { category: category.trim() }),
    ...(currency && { currency: currency.toUpperCase() }),
    ...(Object.keys(prices).length > 0 && { prices }),
    ...(low_stock_threshold !== '' && { low_stock_threshold: Number(low_stock_threshold) }),
  };
}

/** Only what differs: what somebody else has changed meanwhile stays as they left it. */
export function changes(before: Draft, now: Draft): BodyOf<typeof UpdateProduct> {
  const text = (name: 'name' | 'description' | 'category') =>
    now[name].trim() === before[name].trim() ? {} : { [name]: now[name].trim() };
  const prices = pricesOf(now);
  const samePrices =
    JSON.stringify(Object.entries(prices).sort()) === JSON.stringify(Object.entries(pricesOf(before)).sort());
  const currency = now.currency.toUpperCase();
  const price = amount(now.price, currency);
  return {
    ...text('name'),
    ...text('description'),
    ...text('category'),
    ...((price !== before.price || currency !== before.currency) && { price }),
    ...(currency !== before.currency && { currency }),
    ...((!samePrices || currency !== before.currency) && { prices }),
  };
}

export const isChanged = (before: Draft, now: Draft) => JSON.stringify(before) !== JSON.stringify(now);
