/** The ledger's kinds of movements, in words. */
import type { ListAllMovements } from '../../../../src/contracts/inventory.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';
import { number } from '../../ui/words.tsx';

export type Entry = ReplyOf<typeof ListAllMovements>['items'][number];

export const MOVEMENTS: Record<Entry['kind'], string> = {
  opened: 'Opened',
  deducted: 'Held for an order',
  restored: 'Given back',
  shipped: 'Left the building',
  replenished: 'Replenished',
  adjusted: 'Adjusted',
  reserved: 'Reserved',
  committed: 'Reservation taken',
  released: 'Reservation released',
  expired: 'Reservation expired',
};

/** `+5`, `−3`. */
export const signed = (delta: number) => (delta > 0 ? `+${number(delta)}` : delta < 0 ? `−${number(-delta)}` : '0');
