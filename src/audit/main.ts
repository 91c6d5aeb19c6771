/**
 * `npm run audit`: looks at all books of a shop, running or not, and names what is wrong in them, by order and product.
 * It reads only.
 *
 *   npm run audit                                  the shop of this folder
 *   DATABASE_URL=postgres://… npm run audit        a shop on a PostgreSQL of its own
 */
import type { Violation } from '../platform/audit.ts';
import { lastingFaults, withBooks } from './books.ts';
import type { Books, Disagreement } from './shop.ts';
import { ACROSS, auditRooms, RULES } from './shop.ts';

const SHOWN = 20;

const USAGE = `npm run audit -- [--setting=value …]: looks at all books of a shop, running or not; it reads only

Ends with 0 when all is well, with 1 when something is not, with 2 when it could not be done.`;

await withBooks({ name: 'npm run audit', usage: USAGE, args: process.argv.slice(2) }, audit);

/** True when all is well. */
async function audit(books: Books): Promise<boolean> {
  const started = performance.now();
  const within = await auditRooms(books, { now: new Date(), since: new Date(0) });
  const found = [...within, ...(await lastingFaults(books))];
  for (const [room, rules] of Object.entries(RULES)) {
    for (const { name } of rules) tell(`${room}: ${name}`, name, found);
  }
  tell(`across: ${ACROSS}`, ACROSS, found);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(found.length === 0 ? `\nAll is well (${seconds} s)` : `\n${found.length} found (${seconds} s)`);
  return found.length === 0;
}

function tell(title: string, rule: string, found: readonly (Violation | Disagreement)[]): void {
  const broken = found.filter((one) => one.rule === rule);
  console.log(`${broken.length === 0 ? '✓' : '✗'} ${title}`);
  for (const one of broken.slice(0, SHOWN)) {
    const number = 'order' in one && one.order ? `#${one.order.number} ` : '';
    console.log(`    ${number}${one.subject}: ${one.detail}`);
  }
  if (broken.length > SHOWN) console.log(`    and ${broken.length - SHOWN} more`);
}
