/**
 * What is to be done about books that do not agree, and what only a person can decide. An order is announced again only when
 * that mends everything that is wrong with it, and stock is only written off or on where no order is in doubt: a repair must
 * not act on a guess, nor cover the traces of what went wrong. Pure.
 */
import type { Violation } from '../platform/audit.ts';
import type { Repair } from '../services/inventory/reconciling.ts';
import { repairOf } from '../services/inventory/reconciling.ts';
import type { Drift } from '../services/inventory/store-audit.ts';
import type { Disagreement } from './shop.ts';

export interface Findings {
  drifts: readonly Drift[];
  /** About orders, across the rooms. */
  faults: readonly Disagreement[];
  /** Of rules within a room, without those of the drifts. */
  others: readonly Violation[];
  /** Order → the products that it wants or has, of all orders that are found. */
  products: ReadonlyMap<string, readonly string[]>;
}

export interface Item {
  what: string;
  /** What is done about it. */
  deed: string;
}

export interface Plan {
  /** Products that get an entry in the ledger. */
  products: string[];
  /** Orders whose last word is said again. */
  orders: string[];
  items: Item[];
}

const PERSON = 'a person must look';

export function planOf({ drifts, faults, others, products }: Findings): Plan {
  const broken = new Set(others.map(({ subject }) => subject));
  const inDoubt = new Set(faults.flatMap(({ subject, remedy }) => (remedy ? [] : [subject])));
  for (const { subject } of faults) if (broken.has(subject)) inDoubt.add(subject);
  const doubted = new Map<string, string>();
  for (const [order, some] of products) {
    if (inDoubt.has(order) || broken.has(order)) for (const product of some) doubted.set(product, order);
  }
  const plan: Plan = { products: [], orders: [], items: [] };
  for (const drift of drifts) {
    const repair = repairOf(drift);
    const what = typeof repair === 'string' ? `${drift.product_id}: ${repair}` : `${drift.product_id}: ${repair.why}`;
    const order = doubted.get(drift.product_id);
    if (typeof repair === 'string') plan.items.push({ what, deed: PERSON });
    else if (order) plan.items.push({ what, deed: `${PERSON}: order ${order}, which has it, is in doubt` });
    else {
      plan.products.push(drift.product_id);
      plan.items.push({ what, deed: entry(repair) });
    }
  }
  for (const { subject, order, detail, remedy } of faults) {
    const what = `order ${order ? `#${order.number} (${subject})` : subject} ${detail}`;
    if (!remedy) plan.items.push({ what, deed: PERSON });
    else if (inDoubt.has(subject))
      plan.items.push({ what, deed: `${PERSON}: not all that is wrong with it can be mended` });
    else plan.items.push({ what, deed: `its last word is said again: ${remedy}` });
  }
  plan.orders = [...new Set(faults.map(({ subject }) => subject))].filter((id) => !inDoubt.has(id));
  for (const { rule, subject, detail } of others) {
    plan.items.push({ what: `${subject}: ${detail}; it breaks "${rule}"`, deed: PERSON });
  }
  return plan;
}

export function entry({ product_id, on_hand_delta, reserved_delta, reserved }: Repair): string {
  const deltas = `${signed(on_hand_delta)} in stock, ${signed(reserved_delta)} held`;
  const none = on_hand_delta === 0 && reserved_delta === 0;
  return `${product_id}: ${none ? 'its entries are right' : `a ledger entry of ${deltas}`}; then held: ${reserved}`;
}

function signed(count: number): string {
  return count > 0 ? `+${count}` : String(count);
}
