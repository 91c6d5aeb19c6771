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

type Broken = Omit<Violation, 'rule' | 'about'>;

/** A rule that can be looked at. */
export interface Check {
  readonly rule: string;
  /** What the subjects of its findings are. */
  readonly about: string;
  /** It looks at everything a part at a time, never at once. */
  readonly walks?: true;
  /** What breaks it. Throws when it cannot be told. */
  find(look: Look): Promise<Found>;
}

/** What to look at: what has changed since, and what was found before, however long ago it changed. */
export interface Look {
  now: Date;
  /** 1970: everything. */
  since: Date;
  known: readonly string[];
  /** Where the last walk stopped; null: at the beginning. */
  place: string | null;
}

export interface Found {
  broken: Broken[];
  /** Where the walk goes on; null: it has come to the end. */
  place?: string | null;
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

export interface Finding extends Omit<Violation, 'about'> {
  found_at: string;
}

const CYCLE_MS = 60_000;
const WHOLE_MS = 24 * 3_600_000;
/** Longer than a transaction lasts: what commits late says that it changed earlier. */
const OVERLAP_MS = 60_000;
/** Whoever looks for longer is taken for dead: at what changed lately, at everything. */
const LATELY_MS = 2 * 60_000;
const LEISURE_MS = 15 * 60_000;
/** Of one rule; more are not more news. */
export const MOST = 1_000;
const SHOWN = 200;

const KNOW = sql('insert into audit_checks (rule) select unnest($1::text[]) on conflict do nothing');
const FORGET = sql('delete from audit_checks where rule <> all($1::text[])');
const TAKE = sql(`
  update audit_checks set taken_until = $2::timestamptz + case when whole_at > $4 then $5::int else $6::int end * interval '1 ms'
  where rule = $1 and taken_until <= $2 and looked_until <= $3
  returning looked_until, whole_at <= $4 as whole, problem, place,
    array(select subject from audit_findings found where found.rule = $1) as known`);
const GONE = sql('delete from audit_findings where rule = $1 and subject <> all($2::text[])');
const FOUND = sql(`
  insert into audit_findings (rule, subject, detail, found_at)
  select $1, subject, string_agg(detail, '; '), $4
  from unnest($2::text[], $3::text[]) found (subject, detail) group by subject
  on conflict (rule, subject) do update set detail = excluded.detail
  returning subject, detail, xmax = 0 as fresh`);
const LOOKED = sql(`
  update audit_checks set looked_until = $2, whole_at = case when $3 then $2 else whole_at end, place = $4,
    taken_until = '-infinity', problem = null where rule = $1`);
const FAILED = sql(`
  update audit_checks set problem = $2, taken_until = $3 where rule = $1`);
const CHECKS = sql(`
  select rule, nullif(looked_until, '-infinity') as looked_until, nullif(whole_at, '-infinity') as whole_at, problem,
    (select count(*) from audit_findings found where found.rule = audit_checks.rule) as broken
  from audit_checks where rule = any($1::text[]) order by rule`);
const FINDINGS = sql(`
  select rule, subject, detail, found_at from audit_findings where rule = any($1::text[]) order by found_at, rule, subject limit ${SHOWN}`);
const SOON = sql('update audit_checks set looked_until = least(looked_until, $1)');
const EVERYTHING = sql(`update audit_checks set looked_until = '-infinity', whole_at = '-infinity', place = null`);

/** A rule that is a statement, as a check. */
export function checkOf(db: Database, { name, about, given, statement }: Rule): Check {
  const broken = `select subject, detail from (${statement.text}) found`;
  const lately = dynamicSql(`${broken} limit ${MOST}`);
  const again = dynamicSql(`${broken} where subject = any($2) limit ${MOST}`);

  async function atLeisure(values: unknown[]): Promise<Broken[]> {
    const reports = db.forReports();
    try {
      return await reports.query<Broken>(lately, values);
    } finally {
      await reports.close();
    }
  }

  return {
    rule: name,
    about,
    async find({ now, since, known }) {
      const values = [given === 'now' ? now : since];
      if (since.getTime() === 0) return { broken: await atLeisure(values) };
      const fresh = await db.query<Broken>(lately, values);
      if (given === 'now' || known.length === 0) return { broken: fresh };
      const seen = new Set(fresh.map(({ subject }) => subject));
      const old = known.filter((subject) => !seen.has(subject));
      return { broken: [...fresh, ...(await db.query<Broken>(again, [new Date(0), old]))] };
    },
  };
}

interface Mark {
  looked_until: string;
  /** Everything is to be looked at. */
  whole: boolean;
  problem: string | null;
  place: string | null;
  known: string[];
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
    const mark = await take(check, now);
    if (!mark) return;
    const { rule, walks = false } = check;
    const whole = mark.whole && !walks;
    const { problem, place, known } = mark;
    try {
      const since = whole ? new Date(0) : new Date(Math.max(timeOf(mark.looked_until) - OVERLAP_MS, 1));
      const found = await check.find({ now, since, known, place });
      const all = walks ? found.place === null : whole;
      // Said once, however often it is seen again.
      for (const { subject, detail } of await save(rule, found, now, all)) {
        log.error({ rule, subject, detail }, 'the books break a rule');
      }
    } catch (error) {
      const { message } = error as Error;
      log[message === problem ? 'debug' : 'warn']({ err: error, rule }, 'a rule could not be looked at');
      await db.query(FAILED, [rule, message, new Date(now.getTime() + CYCLE_MS)]);
    }
  }

  async function take({ rule }: Check, now: Date): Promise<Mark | undefined> {
    const before = (ms: number) => new Date(now.getTime() - ms);
    const values = [rule, now, before(CYCLE_MS), before(WHOLE_MS), LATELY_MS, LEISURE_MS];
    return (await db.query<Mark>(TAKE, values))[0];
  }

  /** What is news among what was found. */
  function save(rule: string, { broken: all, place = null }: Found, now: Date, whole: boolean): Promise<Broken[]> {
    const broken = all.slice(0, MOST);
    return db.transaction(async (tx) => {
      tx.write(GONE, [rule, broken.map(({ subject }) => subject)]);
      tx.write(LOOKED, [rule, now, whole, place]);
      if (broken.length === 0) return [];
      const values = [rule, ...columns(broken, 'subject', 'detail'), now];
      return (await tx.query<Broken & { fresh: boolean }>(FOUND, values)).filter(({ fresh }) => fresh);
    });
  }

  const worker = createWorker({
    name: 'audit',
    pollMs: CYCLE_MS / 4,
    hungSeconds: (checks.length * LEISURE_MS) / 1000,
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

/** For whoever has mended something from outside: the next look is due now, and a running shop takes it within 20 s: a quarter of a cycle, spread. */
export async function makeLookDue(db: Pick<Database, 'query'>, now: Date): Promise<void> {
  await db.query(SOON, [new Date(now.getTime() - CYCLE_MS)]);
}

/** Milliseconds since 1970; long ago for what has never been. */
function timeOf(time: string): number {
  return time === '-infinity' ? Number.NEGATIVE_INFINITY : Date.parse(time);
}
