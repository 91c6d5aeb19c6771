/**
 * What must hold of a room's rows at every commit, as statements that find what breaks it. They run against a living
 * shop, a part at a time: what has changed lately, or everything.
 */
import type { Statement, Tx } from './database.ts';

export interface Rule {
  /** A sentence: what holds. */
  readonly name: string;
  /** What `subject` names: a kind of thing of this room. */
  readonly about: string;
  /** What $1 is: the time now, or since when changes are looked at. */
  readonly given: 'now' | 'since';
  /** Columns: `subject`, the id of what breaks the rule (an order's, a product's), and `detail`, what is wrong with it. */
  readonly statement: Statement;
}

export interface Violation {
  rule: string;
  /** What `subject` names. */
  about: string;
  subject: string;
  detail: string;
}

/** What breaks the rules, of all that has changed since; one rule after the other. */
export async function violations(
  db: Pick<Tx, 'query'>,
  rules: readonly Rule[],
  { now, since }: { now: Date; since: Date },
): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { name, about, given, statement } of rules) {
    const rows = await db.query<Omit<Violation, 'rule' | 'about'>>(statement, [given === 'now' ? now : since]);
    for (const row of rows) found.push({ rule: name, about, ...row });
  }
  return found;
}
