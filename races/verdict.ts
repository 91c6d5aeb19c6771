/** Where every sequence must end: one charge or none, one word about it, and the bank's books are ours. Pure. */
import type { BankBooks } from './bank.ts';
import type { Step } from './sequences.ts';

export interface Facts {
  steps: readonly Step[];
  /** The order was cancelled, or its time was up. */
  ended: boolean;
  /** Minor units. */
  payment: { status: string; amount: number; refunded_amount: number } | undefined;
  bank: BankBooks;
  /** Types of what payments said of it, oldest first. */
  published: readonly string[];
}

const count = (words: readonly string[], wanted: string) => words.filter((word) => word === wanted).length;

/** What is wrong with the end of a sequence, in words. */
export function faultsOf({ ended, payment, bank, published }: Facts): string[] {
  if (!payment) return ['there is no payment'];
  const faults: string[] = [];
  const { status, amount, refunded_amount } = payment;
  const charged = bank.charges.length > 0;
  if (bank.charges.length > 1) faults.push(`charged ${bank.charges.length} times`);
  if (status === 'processing') faults.push('still processing');
  if (charged !== (status === 'succeeded'))
    faults.push(`${status}, and the bank took ${bank.charges.join(' + ') || 'nothing'}`);
  if (charged && bank.charges[0] !== amount) faults.push(`the bank took ${bank.charges[0]} of ${amount}`);
  if (refunded_amount !== bank.back) faults.push(`${refunded_amount} given back, the bank gave ${bank.back}`);
  if (ended && charged && bank.back !== amount)
    faults.push(`the order ended, and the bank keeps ${amount - bank.back}`);
  if (!ended && status === 'voided') faults.push('void, though the order did not end');
  const said = count(published, 'payment.processed') + count(published, 'payment.failed');
  if (said > 1) faults.push(`${said} words about one payment: ${published.join(', ')}`);
  if (said === 0 && status !== 'voided') faults.push(`${status}, and nobody was told`);
  const told = count(published, 'payment.refunded');
  if (told !== (bank.back > 0 ? 1 : 0)) faults.push(`${bank.back} went back, told ${told} times`);
  return faults;
}
