/**
 * Putting the books of stock in order: a new entry in the ledger for each product whose books do not agree, and never an
 * edit. The count on the shelf is believed; what is held is what orders and reservations hold.
 */
import type { Database } from '../../platform/database.ts';
import { insertMovements, lockLevels, updateLevels } from './store.ts';
import type { Drift } from './store-audit.ts';
import { findDrifts } from './store-audit.ts';

/** What to write into the ledger of a product, and what its level becomes. */
export interface Repair {
  product_id: string;
  on_hand_delta: number;
  reserved_delta: number;
  reserved: number;
  /** In a sentence. */
  why: string;
}

/** A string: why a person must look. Pure. */
export function repairOf({
  product_id,
  on_hand,
  reserved,
  on_hand_moved,
  reserved_moved,
  held,
}: Drift): Repair | string {
  if (held > on_hand) return `${held} are held for orders, and only ${on_hand} are there: count them`;
  return {
    product_id,
    on_hand_delta: on_hand - on_hand_moved,
    reserved_delta: held - reserved_moved,
    reserved: held,
    why: [
      on_hand !== on_hand_moved && `the level says ${on_hand} in stock, its movements ${on_hand_moved}`,
      reserved !== held && `the level says ${reserved} held, orders and reservations hold ${held}`,
      reserved_moved !== held && `its movements say ${reserved_moved} held, orders and reservations hold ${held}`,
    ]
      .filter(Boolean)
      .join('; '),
  };
}

/** Writes the entries of these products, as far as they are still needed; answers with what it wrote. */
export function reconcile(db: Database, productIds: readonly string[]): Promise<Repair[]> {
  return db.transaction(async (tx) => {
    const levels = await lockLevels(tx, productIds);
    const drifts = await findDrifts(tx, [...levels.keys()]);
    const repairs = drifts.map(repairOf).filter((repair) => typeof repair !== 'string');
    if (repairs.length === 0) return [];
    const rows = repairs.map(({ product_id, on_hand_delta, reserved_delta, why }) => ({
      ...{ product_id, on_hand_delta, reserved_delta },
      kind: 'adjusted' as const,
      reason: `reconciled: ${why}`.slice(0, 500),
    }));
    insertMovements(tx, rows, tx.now);
    const changed = repairs.flatMap(({ product_id, reserved }) => {
      const level = levels.get(product_id);
      return level && level.reserved !== reserved ? [{ ...level, reserved }] : [];
    });
    if (changed.length > 0) updateLevels(tx, changed, tx.now);
    return repairs;
  });
}
