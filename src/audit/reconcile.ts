/**
 * `npm run reconcile`: puts the books of a shop in order where they do not agree. It shows its plan first; `--yes`
 * carries it out. Stock gets new ledger entries; of an order that the rooms do not agree on its last word is said again,
 * which those that have heard it ignore. Nothing is ever edited.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Violation } from '../platform/audit.ts';
import type { Repair } from '../services/inventory/reconciling.ts';
import { reconcile, repairOf } from '../services/inventory/reconciling.ts';
import type { Drift } from '../services/inventory/store-audit.ts';
import { findDrifts } from '../services/inventory/store-audit.ts';
import { announceAgain } from '../services/orders/advance.ts';
import { lastingFaults, withBooks } from './books.ts';
import type { Books, Disagreement } from './shop.ts';
import { auditRooms } from './shop.ts';

/** Rooms have this long to hear the word again. */
const HEARD_MS = 5_000;

const args = process.argv.slice(2);
const yes = args.includes('--yes');

await withBooks(
  args.filter((argument) => argument !== '--yes'),
  async (database, running) => {
    const drifts = await findDrifts(database('inventory'));
    const faults = await lastingFaults(database);
    const others = await beyond(drifts, database);
    if (drifts.length + faults.length + others.length === 0) {
      console.log('All books agree: there is nothing to reconcile.');
      return true;
    }
    tellPlan(drifts, faults, others);
    if (!yes) {
      console.log('\nNothing was done. To carry this out:  npm run reconcile -- --yes');
      return false;
    }
    const repairs = await reconcile(
      database('inventory'),
      drifts.map(({ product_id }) => product_id),
    );
    const ids = [...new Set(faults.filter(({ heals }) => heals).map(({ subject }) => subject))];
    const said = ids.length > 0 ? await database('orders').transaction((tx) => announceAgain(tx, ids)) : [];
    console.log(`\nLedger entries written: ${repairs.length}; orders announced again: ${said.length}.`);
    // What a living shop has done meanwhile is in them: they may differ from the plan.
    for (const repair of repairs) console.log(entry(repair));
    if (said.length > 0 && !running) {
      console.log('They are heard once the shop runs: start it, then look again with  npm run audit');
      return true;
    }
    if (said.length > 0) await sleep(HEARD_MS);
    const drifted = await findDrifts(database('inventory'));
    const left = drifted.length + (await lastingFaults(database)).length + (await beyond(drifted, database)).length;
    console.log(left === 0 ? 'All books agree.' : `Left for a person: ${left}; npm run audit names them.`);
    return left === 0;
  },
);

/** What breaks a rule of a room, and is no drift of stock: nothing here mends it. */
async function beyond(drifts: readonly Drift[], books: Books): Promise<Violation[]> {
  const found = await auditRooms(books, { now: new Date(), since: new Date(0) });
  return found.filter(({ subject }) => !drifts.some(({ product_id }) => product_id === subject));
}

function tellPlan(drifts: readonly Drift[], faults: readonly Disagreement[], others: readonly Violation[]): void {
  for (const drift of drifts) {
    const repair = repairOf(drift);
    if (typeof repair === 'string') console.log(`${drift.product_id}: ${repair}`);
    else console.log(`${drift.product_id}: ${repair.why}\n    → ${entry(repair)}`);
  }
  for (const fault of faults) {
    const then = fault.heals ? 'its last word is said again' : 'a person must look';
    console.log(`order ${fault.subject} ${fault.detail}\n    → ${then}`);
  }
  for (const { rule, subject, detail } of others) {
    console.log(`${subject}: ${detail}; it breaks "${rule}"\n    → a person must look`);
  }
}

function entry({ product_id, on_hand_delta, reserved_delta, reserved }: Repair): string {
  const deltas = `${signed(on_hand_delta)} in stock, ${signed(reserved_delta)} held`;
  const none = on_hand_delta === 0 && reserved_delta === 0;
  return `${product_id}: ${none ? 'its entries are right' : `a ledger entry of ${deltas}`}; then held: ${reserved}`;
}

function signed(count: number): string {
  return count > 0 ? `+${count}` : String(count);
}
