/** Sums of money as decimal strings, through whole minor units; never a float. */
import { fromMinor, toMinor } from '../../../src/contracts/money.ts';

/** `total([{ price: '9.99', quantity: 3 }], 'EUR')` is "29.97". */
export function total(lines: readonly { price: string; quantity: number }[], currency: string): string {
  const minor = lines.reduce((sum, { price, quantity }) => sum + (toMinor(price, currency) ?? 0) * quantity, 0);
  return fromMinor(minor, currency);
}
