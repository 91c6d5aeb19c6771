/** What is wrong with an amount that was typed for a stock level, said before it is sent. Pure. */
import type { Level } from '../../../../src/contracts/inventory.ts';
import { LIMITS } from '../../../../src/contracts/shapes.ts';
import { number } from '../../ui/words.tsx';
import type { Change } from './change-dialog.tsx';

type Counts = Pick<Level, 'on_hand' | 'reserved'>;

export function amountFault(
  change: Change,
  { on_hand, reserved }: Counts,
  amount: number | undefined,
): string | undefined {
  if (amount === undefined) return `A whole number, such as ${change === 'adjust' ? '−2' : '12'}`;
  if (change === 'threshold')
    return amount < 0 || amount > LIMITS.stock ? `From 0 to ${number(LIMITS.stock)}` : undefined;
  if (change === 'replenish' && amount < 1) return 'At least 1; to take some away, adjust the count';
  const after = on_hand + amount;
  if (after > LIMITS.stock) return `At most ${number(LIMITS.stock - on_hand)}: the books hold ${number(LIMITS.stock)}`;
  if (after >= reserved) return undefined;
  if (reserved === 0) return `Only ${number(on_hand)} are on hand`;
  return `${number(reserved)} of ${number(on_hand)} are reserved: at most ${number(on_hand - reserved)} can go`;
}
