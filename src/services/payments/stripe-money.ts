/**
 * Amounts as Stripe counts them (docs.stripe.com/currencies). Its smallest unit is not always ISO 4217's: some
 * currencies have no digits there, some are given two that must be zero, and of three digits the last must be zero.
 * An amount that cannot be said exactly is refused, never rounded: what is charged is the order's total.
 */
import { minorDigits } from '../../contracts/money.ts';

const ZERO = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF';
const THREE = 'BHD JOD KWD OMR TND';
/** Without digits, but sent with two for the sake of older clients. */
const WHOLE_IN_HUNDREDTHS = 'ISK UGX';

interface Units {
  digits: number;
  /** Amounts must be multiples of this, in Stripe's units. */
  step: number;
}

const UNITS = new Map<string, Units>([
  ...ZERO.split(' ').map((code) => [code, { digits: 0, step: 1 }] as const),
  ...THREE.split(' ').map((code) => [code, { digits: 3, step: 10 }] as const),
  ...WHOLE_IN_HUNDREDTHS.split(' ').map((code) => [code, { digits: 2, step: 100 }] as const),
]);

/** Undefined: not a currency Stripe takes. HUF and TWD are whole only when paid out; charges have two digits. */
function unitsOf(currency: string): Units | undefined {
  return UNITS.get(currency) ?? (minorDigits(currency) === 2 ? { digits: 2, step: 1 } : undefined);
}

/** Our minor units → Stripe's; undefined when Stripe cannot charge exactly that. */
export function toStripeAmount(minor: number, currency: string): number | undefined {
  const units = unitsOf(currency);
  if (!units) return undefined;
  const amount = scaled(minor, units.digits - minorDigits(currency));
  return amount !== undefined && amount % units.step === 0 ? amount : undefined;
}

/** Stripe's units (and lower-case currency) → our minor units; undefined when we cannot say exactly that. */
export function fromStripeAmount(amount: number, currency: string): number | undefined {
  const code = currency.toUpperCase();
  const units = unitsOf(code);
  return units && scaled(amount, minorDigits(code) - units.digits);
}

function scaled(amount: number, digits: number): number | undefined {
  if (digits >= 0) return amount * 10 ** digits;
  const divisor = 10 ** -digits;
  return amount % divisor === 0 ? amount / divisor : undefined;
}
