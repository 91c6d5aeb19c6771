/**
 * Looks at a room's books while it runs: each rule once a minute at all that has changed lately, once a day at
 * everything. What it finds stays found until a later look no longer sees it. Of several replicas one looks; nothing is
 * locked meanwhile, and whoever dies while looking is replaced when its time is up.
 */
import type { Rule, Violation } from './audit.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { columns, dynamicSql, sql } from './database.ts';
import type { Logger } from './log.ts';
import type { Worker } from './worker.ts';
import { createWorker } from './worker.ts';

type Broken = Omit<Violation, 'rule'>;

/** A rule that can be looked at. */
export interface Check {
  readonly rule: string;
  /** What the subjects of its findings are. */
  readonly about: string;
  /** What breaks it of all that has changed since. Throws when it cannot be told. */
  find(when: { now: Date; since: Date }): Promise<Broken[]>;
}

export interface Auditor {
  readonly worker: Worker;
  report(): Promise<AuditReport>;
  /** Everything is looked at, as soon as it can be. */
  lookAtEverything(): Promise<void>;
}

export interface AuditReport {
  checks: CheckState[];
  /** Oldest first, at most 200. */
  findings: Finding[];
}

export interface CheckState {
  rule: string;
  about: string;
  /** null: not yet. */
  looked_until: string | null;
  whole_at: string | null;
  problem: string | null;
  broken: number;
}

export interface Finding extends Violation {
  found_at: string;
}

const CYCLE_MS = 60_000;
const WHOLE_MS = 24 * 3_600_000;
/** Longer than a transaction lasts: what commits late says that it changed earlier. */
const OVERLAP_MS = 60_000;
/** Whoever looks for longer is taken for dead. */
const TAKEN_MS = 15 * 60_000;
/** Of one rule; more are not more news. */
const MOST = 1_000;
const SHOWN = 200;

const KNOW = sql('insert into audit_checks (rule) select unnest($1::text[]) on conflict do nothing');
const FORGET = sql('delete from audit_checks where rule <> all($1::text[])');
const TAKE = sql(`
  update audit_checks set taken_until = $3
  where rule = $1 and taken_until <= $2 and looked_until <= $4
  returning looked_until, whole_at, problem, (select min(since) from audit_findings found where found.rule = $1) as oldest`);
const GONE = sql('delete from audit_findings where rule = $1 and subject <> all($2::text[])');
const FOUND = sql(`
  insert into audit_findings (rule, subject, detail, found_at, since)
  select $1, subject, string_agg(detail, '; '), $4, $5
  from unnest($2::text[], $3::text[]) found (subject, detail) group by subject
  on conflict (rule, subject) do update set detail = excluded.detail
  returning subject, detail, xmax = 0 as fresh`);
const LOOKED = sql(`
  update audit_checks set looked_until = $2, whole_at = case when $3 then $2 else whole_at end,
    taken_until = '-infinity', problem = null where rule = $1`);
const FAILED = sql(`
  update audit_checks set problem = $2, taken_until = $3 where rule = $1`);
const CHECKS = sql(`
  select rule, nullif(looked_until, '-infinity') as looked_until, nullif(whole_at, '-infinity') as whole_at, problem,
    (select count(*) from audit_findings found where found.rule = audit_checks.rule) as broken
  from audit_checks where rule = any($1::text[]) order by rule`);
const FINDINGS = sql(`
  select rule, subject, detail, found_at from audit_findings where rule = any($1::text[]) order by found_at, rule, subject limit ${SHOWN}`);
const EVERYTHING = sql(`update audit_checks set looked_until = '-infinity', whole_at = '-infinity'`);

// For looking at everything there is: the planner may do as it likes, and take its time.
const AT_LEISURE = dynamicSql(`
  set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on;
  set local statement_timeout = '10min'`);

/** A rule that is a statement, as a check. */
export function checkOf(db: Database, { name, about, given, statement }: Rule): Check {
  const limited = dynamicSql(`select subject, detail from (${statement.text}) found limit ${MOST}`);
  return {
    rule: name,
    about,
    find({ now, since }) {
      const values = [given === 'now' ? now : since];
      if (since.getTime() > 0) return db.query(limited, values);
      return db.transaction(async (tx) => {
        await tx.query(AT_LEISURE);
        return tx.query(limited, values);
      });
    },
  };
}

interface Mark {
  looked_until: string;
  whole_at: string;
  problem: string | null;
  /** How far back the known findings lie. */
  oldest: string | null;
}

/** What this process looks at now. */
interface Taken {
  since: Date;
  whole: boolean;
  /** Why it could not be looked at last time. */
  problem: string | null;
}

export interface AuditorOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  checks: readonly Check[];
}

export async function createAuditor({ db, clock, log, checks }: AuditorOptions): Promise<Auditor> {
  const rules = checks.map(({ rule }) => rule);
  const abouts = new Map(checks.map(({ rule, about }) => [rule, about]));
  await db.query(KNOW, [rules]);
  await db.query(FORGET, [rules]);

  async function look(check: Check): Promise<void> {
    const now = clock.now();
    const taken = await take(check, now);
    if (!taken) return;
    const { rule } = check;
    try {
      const found = await check.find({ now, since: taken.since });
      // Said once, however often it is seen again.
      for (const { subject, detail } of await save(rule, found, now, taken)) {
        log.error({ rule, subject, detail }, 'the books break a rule');
      }
    } catch (error) {
      const { message } = error as Error;
      log[message === taken.problem ? 'debug' : 'warn']({ err: error, rule }, 'a rule could not be looked at');
      await db.query(FAILED, [rule, message, new Date(now.getTime() + CYCLE_MS)]);
    }
  }

  async function take({ rule }: Check, now: Date): Promise<Taken | undefined> {
    const values = [rule, now, new Date(now.getTime() + TAKEN_MS), new Date(now.getTime() - CYCLE_MS)];
    const [mark] = await db.query<Mark>(TAKE, values);
    if (!mark) return undefined;
    const whole = !(timeOf(mark.whole_at) > now.getTime() - WHOLE_MS);
    const lately = Math.min(timeOf(mark.looked_until) - OVERLAP_MS, mark.oldest ? timeOf(mark.oldest) : now.getTime());
    return { whole, since: new Date(whole ? 0 : Math.max(lately, 0)), problem: mark.problem };
  }

  /** What is news among what was found. */
  function save(rule: string, found: readonly Broken[], now: Date, { since, whole }: Taken): Promise<Broken[]> {
    return db.transaction(async (tx) => {
      tx.write(GONE, [rule, found.map(({ subject }) => subject)]);
      tx.write(LOOKED, [rule, now, whole]);
      if (found.length === 0) return [];
      const values = [rule, ...columns(found, 'subject', 'detail'), now, since];
      return (await tx.query<Broken & { fresh: boolean }>(FOUND, values)).filter(({ fresh }) => fresh);
    });
  }

  const worker = createWorker({
    name: 'audit',
    pollMs: CYCLE_MS / 4,
    log,
    async pass() {
      for (const check of checks) await look(check);
      return false;
    },
  });

  return {
    worker,
    async report() {
      // One after the other: what a check has looked at is in the findings, or not any more.
      const states = await db.query<Omit<CheckState, 'about'>>(CHECKS, [rules]);
      const findings = await db.query<Finding>(FINDINGS, [rules]);
      return { checks: states.map((state) => ({ ...state, about: abouts.get(state.rule) as string })), findings };
    },
    async lookAtEverything() {
      await db.query(EVERYTHING);
      worker.wake();
    },
  };
}

/** Milliseconds since 1970; long ago for what has never been. */
function timeOf(time: string): number {
  return time === '-infinity' ? Number.NEGATIVE_INFINITY : Date.parse(time);
}
