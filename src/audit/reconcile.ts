/**
 * `npm run reconcile`: puts the books of a shop in order where they do not agree. It shows its plan first; `--yes`
 * carries it out. Stock gets new ledger entries; of an order that the rooms do not agree on its last word is said again,
 * which those that have heard it ignore. Nothing is ever edited, and nothing is done about an order in doubt.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '../contracts/registry.ts';
import { makeLookDue } from '../platform/auditor.ts';
import type { Database } from '../platform/database.ts';
import { waitingAbout } from '../platform/messages-about.ts';
import { reconcile } from '../services/inventory/reconciling.ts';
import { findDrifts, stockOf } from '../services/inventory/store-audit.ts';
import { announceAgain } from '../services/orders/advance.ts';
import { accountsOf } from '../services/orders/store-audit.ts';
import { lastingFaults, withBooks } from './books.ts';
import type { Findings } from './plan.ts';
import { entry, planOf } from './plan.ts';
import type { Books } from './shop.ts';
import { auditRooms, RULES } from './shop.ts';

/** The rooms of a shop that runs have this long to hear the word again. */
const HEARD_MS = 5_000;

const USAGE = `npm run reconcile -- [--yes] [--setting=value …]: shows how books that do not agree can be put in order

  --yes    does it

Ends with 0 when all books agree, with 1 when they do not (yet), with 2 when it could not be done.`;
const BOOKS_FOLLOW = `A running shop looks at its books again within 20 s, one that is stopped when it starts; until then the admin's
Books and the metrics show what was.`;
const args = process.argv.slice(2);
const yes = args.includes('--yes');

await withBooks(
  {
    name: 'npm run reconcile',
    usage: USAGE,
    args,
    own: ['--yes'],
  },
  async (database, running) => {
    const found = await findAll(database);
    if (countOf(found) === 0) {
      console.log('All books agree: there is nothing to reconcile.');
      return true;
    }
    const plan = planOf(found);
    for (const { what, deed } of plan.items) console.log(`${what}\n    → ${deed}`);
    if (plan.products.length + plan.orders.length === 0) {
      console.log('\nNothing was done: none of this can be mended from here.');
      return false;
    }
    if (!yes) {
      console.log('\nNothing was done. To carry this out:  npm run reconcile -- --yes');
      return false;
    }
    const repairs = await reconcile(database('inventory'), plan.products);
    const said =
      plan.orders.length > 0 ? await database('orders').transaction((tx) => announceAgain(tx, plan.orders)) : [];
    console.log(`\nLedger entries written: ${repairs.length}; orders announced again: ${said.length}.`);
    // What a living shop has done meanwhile is in them: they may differ from the plan.
    for (const repair of repairs) console.log(entry(repair));
    if (said.length > 0 && running) await sleep(HEARD_MS);
    const after = await findAll(database);
    const unheard = await waitingIn(
      database,
      said.map(({ id }) => id),
    );
    const left = countOf({ ...after, faults: after.faults.filter(({ subject }) => !unheard.has(subject)) });
    if (countOf(after) === 0) console.log('All books agree.');
    if (countOf(after) > left) {
      const orders = unheard.size === 1 ? '1 order' : `${unheard.size} orders`;
      console.log(
        `Not heard yet: ${orders}. That comes once the shop runs: start it, then look again with  npm run audit`,
      );
    }
    if (left > 0) console.log(`Left for a person: ${left}; npm run audit names them.`);
    for (const room of Object.keys(RULES) as ServiceName[]) await makeLookDue(database(room), new Date());
    console.log(BOOKS_FOLLOW);
    return countOf(after) === 0;
  },
);

async function findAll(books: Books): Promise<Findings> {
  const drifts = await findDrifts(books('inventory'));
  const faults = await lastingFaults(books);
  const broken = await auditRooms(books, { now: new Date(), since: new Date(0) });
  const others = broken.filter(({ subject }) => !drifts.some(({ product_id }) => product_id === subject));
  const ids = [
    ...new Set([...faults, ...others.filter(({ about }) => about === 'order')].map(({ subject }) => subject)),
  ];
  return { drifts, faults, others, products: await productsOf(books, ids) };
}

/** Of these orders, those about which messages wait to be sent or handled. */
async function waitingIn(database: (room: ServiceName) => Database, orders: readonly string[]): Promise<Set<string>> {
  const rooms = Object.keys(RULES) as ServiceName[];
  return new Set((await Promise.all(rooms.map((room) => waitingAbout(database(room), orders)))).flat());
}

function countOf({ drifts, faults, others }: Findings): number {
  return drifts.length + faults.length + others.length;
}

/** What orders want, and what inventory has decided on for them and holds. */
async function productsOf(books: Books, ids: readonly string[]): Promise<Map<string, string[]>> {
  const ordered = await accountsOf(books('orders'), ids);
  const stock = await stockOf(books('inventory'), ids);
  const lines = [
    ...ordered.map(({ id, lines }) => ({ id, lines })),
    ...stock.map(({ order_id: id, lines, held }) => ({ id, lines: [...lines, ...held] })),
  ];
  const products = new Map<string, string[]>();
  for (const { id, lines: some } of lines) {
    products.set(id, [...(products.get(id) ?? []), ...some.map(({ product_id }) => product_id)]);
  }
  return products;
}
