/**
 * `npm run reconcile`: puts the books of a shop in order where they do not agree. It shows its plan first; `--yes`
 * carries it out. Stock gets new ledger entries; of an order that the rooms do not agree on its last word is said again,
 * which those that have heard it ignore. Nothing is ever edited.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Repair } from '../services/inventory/reconciling.ts';
import { reconcile, repairOf } from '../services/inventory/reconciling.ts';
import type { Drift } from '../services/inventory/store-audit.ts';
import { findDrifts } from '../services/inventory/store-audit.ts';
import { announceAgain } from '../services/orders/advance.ts';
import { lastingFaults, withBooks } from './books.ts';
import type { Disagreement } from './shop.ts';

/** Rooms have this long to hear the word again. */
const HEARD_MS = 5_000;

const args = process.argv.slice(2);
const yes = args.includes('--yes');

await withBooks(
  args.filter((argument) => argument !== '--yes'),
  async (database, running) => {
    const drifts = await findDrifts(database('inventory'));
    const faults = await lastingFaults(database);
    if (drifts.length === 0 && faults.length === 0) {
      console.log('All books agree: there is nothing to reconcile.');
      return true;
    }
    tellPlan(drifts, faults);
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
    console.log(`\nLedger entries written: ${repairs.length}. Orders announced again: ${said.length}.`);
    // What a living shop has done meanwhile is in them: they may differ from the plan.
    for (const repair of repairs) console.log(entry(repair));
    if (said.length > 0 && !running) {
      console.log('They are heard once the shop runs: start it, then look again with  npm run audit');
      return true;
    }
    if (said.length > 0) await sleep(HEARD_MS);
    const left = [...(await findDrifts(database('inventory'))), ...(await lastingFaults(database))];
    console.log(
      left.length === 0
        ? 'All books agree.'
        : `Left: ${left.length}. npm run audit names ${left.length === 1 ? 'it' : 'them'}; a person must look.`,
    );
    return left.length === 0;
  },
);

function tellPlan(drifts: readonly Drift[], faults: readonly Disagreement[]): void {
  for (const drift of drifts) {
    const repair = repairOf(drift);
    if (typeof repair === 'string') console.log(`${drift.product_id}: ${repair}`);
    else console.log(`${drift.product_id}: ${repair.why}\n    → ${entry(repair)}`);
  }
  for (const fault of faults) {
    const then = fault.heals ? 'its last word is said again' : 'a person must look';
    console.log(`order ${fault.subject} ${fault.detail}\n    → ${then}`);
  }
}

function entry({ product_id, on_hand_delta, reserved_delta, reserved }: Repair): string {
  const deltas = `${signed(on_hand_delta)} in stock, ${signed(reserved_delta)} held`;
  return `${product_id}: a ledger entry of ${deltas}; then ${reserved} are held`;
}

function signed(count: number): string {
  return count > 0 ? `+${count}` : String(count);
}
