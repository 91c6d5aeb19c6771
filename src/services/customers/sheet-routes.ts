/**
 * Customers as a spreadsheet, and from one: each line a transaction of its own. Whoever is brought along from another shop
 * is not greeted: the shop tells itself of a changed profile, not of a registration.
 */
import { ExportCustomers, ImportCustomers, MAX_CUSTOMER_IMPORT_LINES } from '../../contracts/customer-sheets.ts';
import { CustomerUpdated, Register, UpdateCustomer } from '../../contracts/customers.ts';
import { newId } from '../../platform/clock.ts';
import type { Exports } from '../../platform/csv-export.ts';
import type { Line, Outcome } from '../../platform/csv-import.ts';
import { readSheet, refused, takeLines } from '../../platform/csv-import.ts';
import type { Database, Tx } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { compile } from '../../platform/validate.ts';
import { normalEmail } from './customer.ts';
import { CUSTOMER_COLUMNS, type Decision, decide, IMPORT_COLUMNS } from './customer-lines.ts';
import type { Passwords } from './passwords.ts';
import { adminCheck, announced } from './routes.ts';
import { findCredentials, insertCustomer, listCustomers, lockCustomer, updateCustomer } from './store.ts';

const SHEET = { key: 'email', columns: IMPORT_COLUMNS, maxLines: MAX_CUSTOMER_IMPORT_LINES, same: normalEmail };
const BATCH = 200;

export interface SheetRoutesOptions {
  db: Database;
  passwords: Passwords;
  exports: Exports;
}

export function createSheetRoutes({ db, passwords, exports }: SheetRoutesOptions): Route[] {
  const stillAdmin = adminCheck(db);
  const checks = {
    create: compile(Register.body as NonNullable<typeof Register.body>),
    update: compile(UpdateCustomer.body as NonNullable<typeof UpdateCustomer.body>),
  };
  /** One at a time: a file has as many transactions as lines. */
  let running = false;

  async function* batches({ text, role }: Request<typeof ExportCustomers>['query']) {
    for (let after: string | undefined; ; ) {
      const rows = await listCustomers(db, { after, text, role, email: undefined, limit: BATCH });
      if (rows.length > 0) yield rows;
      if (rows.length < BATCH) return;
      after = rows.at(-1)?.id;
    }
  }

  async function exportAll({ query, caller }: Request<typeof ExportCustomers>) {
    const fallen = await stillAdmin(caller);
    return fallen ?? exports.open({ name: 'customers', columns: CUSTOMER_COLUMNS, rows: batches(query) });
  }

  const outcomeOf = (decision: Decision): Outcome => {
    if (decision.kind === 'refuse') return { action: 'refused', errors: decision.errors };
    if (decision.kind === 'nothing') return { action: 'unchanged' };
    return { action: decision.kind === 'create' ? 'created' : 'changed', cells: decision.cells };
  };

  const find = (tx: Pick<Tx, 'query'>, line: Line) => findCredentials(tx, normalEmail(line.email as string));

  const plan = async (line: Line) => outcomeOf(decide(line, await find(db, line), checks));

  const carryOut = (password_hash: string, traceparent: string) => (line: Line) =>
    db.transaction(async (tx): Promise<Outcome> => {
      const known = await find(tx, line);
      const customer = known && (await lockCustomer(tx, known.id));
      const decision = decide(line, customer, checks);
      if (decision.kind === 'create') {
        const opened = await insertCustomer(tx, { id: newId(), password_hash, ...decision.profile });
        if (!opened) return refused('email', 'was opened by somebody else just now: import it again');
        tx.send(CustomerUpdated, announced(opened), { traceparent });
      } else if (decision.kind === 'change' && customer) {
        const updated = await updateCustomer(tx, customer.id, decision.profile, undefined);
        tx.send(CustomerUpdated, announced(updated), { traceparent });
      }
      return outcomeOf(decision);
    });

  async function importAll({ raw, query, caller, traceparent }: Request<typeof ImportCustomers>) {
    const fallen = await stillAdmin(caller);
    if (fallen) return fallen;
    const lines = readSheet(raw, SHEET);
    if (isRejection(lines)) return lines;
    if (query.dry_run) return { body: await takeLines(lines, true, plan) };
    if (running) {
      const detail = 'another import is under way; wait for its end';
      return reject(common.unavailable, { detail, headers: { 'retry-after': '2' } });
    }
    running = true;
    try {
      // Of a password that nobody knows, and nobody will: one for all, because making one takes long.
      const hash = await passwords.hash(passwords.generate());
      return { body: await takeLines(lines, false, carryOut(hash, traceparent)) };
    } finally {
      running = false;
    }
  }

  return [route(ExportCustomers, exportAll), route(ImportCustomers, importAll)];
}
