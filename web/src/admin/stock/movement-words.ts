/** The ledger's kinds of movements, in words. */
import type { Static } from 'typebox';
import type { MovementKind } from '../../../../src/contracts/inventory.ts';
import { number } from '../../ui/words.tsx';

export const MOVEMENTS: Record<Static<typeof MovementKind>, string> = {
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
