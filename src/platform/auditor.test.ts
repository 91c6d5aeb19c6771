import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { openScratchDatabase } from '../../test/scratch-database.ts';
import type { Rule } from './audit.ts';
import type { Check } from './auditor.ts';
import { checkOf, createAuditor, MOST } from './auditor.ts';
import { dynamicSql } from './database.ts';
import { silentLog } from './log.ts';

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

let scratch: ScratchDatabase;
beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.rows('create table things (id text, bad boolean, changed_at timestamptz, due_at timestamptz)');
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate things, audit_checks, audit_findings'));

const GOOD: Rule = {
  name: 'things are good',
  about: 'thing',
  given: 'since',
  statement: dynamicSql(`select id as subject, 'it is bad' as detail from things where bad and changed_at >= $1`),
};
const DONE: Rule = {
  name: 'things are done in time',
  about: 'thing',
  given: 'now',
  statement: dynamicSql(`select id as subject, 'it was due' as detail from things where due_at < $1`),
};

const open = (checks?: readonly Check[]) => {
  const { db, clock } = scratch;
  return createAuditor({ db, clock, log: silentLog, checks: checks ?? [checkOf(db, GOOD), checkOf(db, DONE)] });
};
/** A thing that changed so long ago. */
const put = (id: string, { bad = false, ago = 0, dueIn = 100 * DAY } = {}) =>
  scratch.rows('insert into things values ($1, $2, $3, $4)', [
    id,
    bad,
    new Date(scratch.clock.now().getTime() - ago),
    new Date(scratch.clock.now().getTime() + dueIn),
  ]);
async function found(auditor: Awaited<ReturnType<typeof open>>): Promise<string[]> {
  await auditor.worker.turn();
  return (await auditor.report()).findings.map(({ rule, subject, detail }) => `${rule}: ${subject} ${detail}`);
}

test('everything is looked at first; then what changed lately, once a minute', async () => {
  await put('old', { bad: true, ago: 40 * DAY });
  const auditor = await open();
  expect(await found(auditor)).toEqual(['things are good: old it is bad']);
  await scratch.rows(`update things set bad = false where id = 'old'`);
  await put('new', { bad: true });
  expect(await found(auditor)).toEqual(['things are good: old it is bad']);
  scratch.clock.advance(MINUTE);
  expect(await found(auditor)).toEqual(['things are good: new it is bad']);
});

test('what breaks by the time of day is found within a minute', async () => {
  await put('late', { dueIn: 1_000 });
  const auditor = await open();
  expect(await found(auditor)).toEqual([]);
  scratch.clock.advance(MINUTE);
  expect(await found(auditor)).toEqual(['things are done in time: late it was due']);
});

test('what is known is looked at until it is mended, however long ago it changed, and keeps the time it was found', async () => {
  await put('bad', { bad: true });
  const auditor = await open();
  await found(auditor);
  const [first] = (await auditor.report()).findings;
  for (let i = 0; i < 5; i += 1) {
    scratch.clock.advance(10 * MINUTE);
    expect(await found(auditor)).toHaveLength(1);
  }
  expect((await auditor.report()).findings).toEqual([first]);
  await scratch.rows('update things set bad = false');
  scratch.clock.advance(MINUTE);
  expect(await found(auditor)).toEqual([]);
});

test('what was broken without a trace is found the next day, or when somebody asks for everything', async () => {
  await put('a', { ago: 10 * DAY });
  await put('b', { ago: 10 * DAY });
  const auditor = await open();
  await found(auditor);
  await scratch.rows(`update things set bad = true where id = 'a'`);
  scratch.clock.advance(MINUTE);
  expect(await found(auditor)).toEqual([]);
  await auditor.lookAtEverything();
  expect(await found(auditor)).toEqual(['things are good: a it is bad']);
  await scratch.rows(`update things set bad = (id = 'b')`);
  scratch.clock.advance(DAY);
  expect(await found(auditor)).toEqual(['things are good: b it is bad']);
});

test('of two replicas one looks; one that died while looking is replaced', async () => {
  let looks = 0;
  let hang = true;
  const check: Check = {
    rule: 'one looks',
    about: 'thing',
    async find() {
      looks += 1;
      if (hang) await new Promise(() => {});
      return { broken: [] };
    },
  };
  const [first, second] = [await open([check]), await open([check])];
  void first.worker.turn();
  await expect.poll(() => looks).toBe(1);
  hang = false;
  await second.worker.turn();
  expect(looks).toBe(1);
  scratch.clock.advance(16 * MINUTE);
  await second.worker.turn();
  expect(looks).toBe(2);
});

test('a rule that cannot be looked at says why, keeps what it found, and keeps nobody from the others', async () => {
  await put('bad', { bad: true });
  let answer: () => { subject: string; detail: string }[] = () => [{ subject: 'x', detail: 'is odd' }];
  const auditor = await open([
    { rule: 'across', about: 'thing', find: async () => ({ broken: answer() }) },
    checkOf(scratch.db, GOOD),
  ]);
  expect(await found(auditor)).toHaveLength(2);
  answer = () => {
    throw new Error('nobody answers');
  };
  scratch.clock.advance(MINUTE);
  expect(await found(auditor)).toHaveLength(2);
  const { checks } = await auditor.report();
  expect(checks.map(({ rule, problem, broken }) => [rule, problem, broken])).toEqual([
    ['across', 'nobody answers', 1],
    ['things are good', null, 1],
  ]);
  answer = () => [];
  scratch.clock.advance(2 * MINUTE);
  expect(await found(auditor)).toEqual(['things are good: bad it is bad']);
  expect((await auditor.report()).checks[0]).toMatchObject({ problem: null, broken: 0 });
});

test('several faults of one subject are one finding, and a rule that is no more takes its findings with it', async () => {
  const twice = {
    rule: 'twice',
    about: 'thing',
    find: async () => ({ broken: ['one', 'two'].map((detail) => ({ subject: 's', detail })) }),
  };
  expect(await found(await open([twice]))).toEqual(['twice: s one; two']);
  expect(await found(await open([]))).toEqual([]);
});

test('of more than anybody can look at so many are kept', async () => {
  const broken = Array.from({ length: MOST + 200 }, (_, i) => ({ subject: String(i), detail: 'is bad' }));
  const flood: Check = {
    rule: 'all is well',
    about: 'thing',
    walks: true,
    find: async () => ({ broken, place: null }),
  };
  const auditor = await open([flood]);
  await auditor.worker.turn();
  expect((await auditor.report()).checks).toMatchObject([{ broken: MOST }]);
});

test('a walk goes on where it stopped, in the next process too, and has looked at everything when it comes to the end', async () => {
  const places: (string | null)[] = [];
  const steps = [
    { broken: [], place: 'half way' },
    { broken: [], place: null },
    { broken: [], place: 'again' },
  ];
  const check: Check = {
    ...{ rule: 'a walk', about: 'thing', walks: true },
    async find({ place, since }) {
      expect(since.getTime()).toBeGreaterThan(0);
      places.push(place);
      return steps[places.length - 1] as (typeof steps)[0];
    },
  };
  const whole = async () => (await (await open([check])).report()).checks[0]?.whole_at;
  await (await open([check])).worker.turn();
  expect(await whole()).toBeNull();
  scratch.clock.advance(MINUTE);
  await (await open([check])).worker.turn();
  expect(await whole()).not.toBeNull();
  scratch.clock.advance(MINUTE);
  await (await open([check])).worker.turn();
  expect(places).toEqual([null, 'half way', null]);
});

test('a look at everything may take longer than a statement of the shop may', async () => {
  const patience = `select 's' as subject, current_setting('statement_timeout') as detail where $1::timestamptz < now()`;
  const auditor = await open([checkOf(scratch.db, { ...GOOD, statement: dynamicSql(patience) })]);
  expect(await found(auditor)).toEqual(['things are good: s 10min']);
});
