/** What people type where an amount of money is asked for. */
import { minorDigits } from '../../../src/contracts/money.ts';

/**
 * The decimal string of "12.5" or "12,5"; undefined of anything else. More digits than the currency has are no amount:
 * "1,500" dollars may mean fifteen hundred, and is not made one and a half.
 */
export function typedAmount(text: string, currency: string): string | undefined {
  const match = /^(\d{1,13})(?:[.,](\d+))?$/.exec(text.trim());
  const [, whole, fraction = ''] = match ?? [];
  if (whole === undefined || fraction.length > minorDigits(currency)) return undefined;
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** A whole number, with its sign or without; undefined of "1.000", "1e3" and the like. */
export function typedWhole(text: string): number | undefined {
  const plain = text.trim().replace('−', '-');
  return /^[-+]?\d{1,10}$/.test(plain) ? Number(plain) : undefined;
}
