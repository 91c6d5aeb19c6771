/**
 * `npm run audit`: looks at all books of a shop, running or not, and names what is wrong in them, by order and product.
 * It reads only.
 *
 *   npm run audit                                  the shop of this folder
 *   DATABASE_URL=postgres://… npm run audit        a shop on a PostgreSQL of its own
 */
import type { Violation } from '../platform/audit.ts';
import { lastingFaults, withBooks } from './books.ts';
import type { Books } from './shop.ts';
import { ACROSS, auditRooms, RULES } from './shop.ts';

const SHOWN = 20;

await withBooks(process.argv.slice(2), audit);

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

function tell(title: string, rule: string, found: readonly Violation[]): void {
  const broken = found.filter((one) => one.rule === rule);
  console.log(`${broken.length === 0 ? '✓' : '✗'} ${title}`);
  for (const { subject, detail } of broken.slice(0, SHOWN)) console.log(`    ${subject}: ${detail}`);
  if (broken.length > SHOWN) console.log(`    and ${broken.length - SHOWN} more`);
}
