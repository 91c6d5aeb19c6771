/** What is shown is what the history says, whoever counts it, however often, and whatever ends in the middle. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HistoryRoom } from '../../../test/history-room.ts';
import { DAY, HOUR, iso, MINUTE, openHistoryRoom, START } from '../../../test/history-room.ts';
import type { Statement } from '../../platform/database.ts';
import { sql } from '../../platform/database.ts';
import { GRACE_MS } from './counting.ts';
import { countHistory } from './store-statistics.ts';

let history: HistoryRoom;
let clock: HistoryRoom['clock'];
beforeAll(async () => {
  history = await openHistoryRoom();
  clock = history.clock;
});
afterAll(() => history.room.close());
beforeEach(() => history.reset());

/** Orders with their entries, each as it becomes visible: never before the entry before it. */
const histories = (mostLate: number) =>
  fc.array(
    fc.record({
      placed: fc.nat(3 * HOUR),
      amount: fc.nat(5000),
      currency: fc.constantFrom('EUR', 'USD', 'JPY'),
      entries: fc.array(
        fc.record({
          wait: fc.nat(20 * MINUTE),
          late: fc.nat(mostLate),
          status: fc.constantFrom('awaiting_payment', 'confirmed', 'confirmed', 'failed', 'cancelled', 'shipped'),
          refunded: fc.option(fc.integer({ min: -500, max: 500 }), { nil: null, freq: 5 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
    { maxLength: 12 },
  );
type Histories = typeof histories extends (late: number) => fc.Arbitrary<infer H> ? H : never;

/** Writes the orders, and answers with their entries in the order in which they can be seen. */
async function prepare(lives: Histories) {
  await history.reset();
  const rows: { seen: number; write: () => Promise<void> }[] = [];
  for (const { entries, placed, ...facts } of lives) {
    const id = await history.write({ ...facts, placed: START + placed });
    await history.query('delete from order_history where order_id = $1', [id]);
    let [at, seen, was] = [START + placed, START + placed, 'pending'];
    for (const [i, { wait, late, status, refunded }] of entries.entries()) {
      if (i > 0) at += wait;
      seen = Math.max(seen, at + late);
      // A refund leaves an order what it was.
      if (i > 0 && refunded === null) was = status;
      const values = [id, i + 1, at, was, i > 0 ? refunded : null] as const;
      rows.push({ seen, write: () => history.entry(...values) });
    }
  }
  return rows.toSorted((a, b) => a.seen - b.seen);
}

const rests = fc.array(fc.nat(25 * MINUTE), { maxLength: 12 });

describe('the counting', () => {
  test('comes to what the history says, however late its rows came and whenever it ran', async () => {
    await fc.assert(
      fc.asyncProperty(histories(9 * MINUTE), rests, async (lives, waits) => {
        const rows = await prepare(lives);
        const pass = history.counting();
        clock.time = START;
        for (const wait of [...waits, 12 * HOUR]) {
          clock.time += wait;
          while (rows[0] && rows[0].seen <= clock.time) await rows.shift()?.write();
          await pass();
        }
        await history.catchUp(pass);
        await history.expectTruth(START, START + 6 * HOUR, 'minute');
        await history.expectTruth(START, START + 12 * HOUR, 'hour');
        await history.expectTruth(START, START + DAY, 'day');
      }),
      { numRuns: 40 },
    );
  });

  test('and what came since show at every moment what the history says by then', async () => {
    await fc.assert(
      fc.asyncProperty(histories(0), rests, async (lives, waits) => {
        const rows = await prepare(lives);
        const pass = history.counting();
        clock.time = START;
        for (const wait of waits) {
          clock.time += wait + 1;
          while (rows[0] && rows[0].seen <= clock.time) await rows.shift()?.write();
          // As long as it keeps up: otherwise it says what is missing.
          await history.catchUp(pass);
          await history.expectTruth(START, Math.ceil(clock.time / HOUR) * HOUR, 'hour');
          await history.expectTruth(START, START + DAY, 'day');
          const hour = Math.max(START, Math.floor((clock.time - HOUR) / MINUTE) * MINUTE);
          await history.expectTruth(hour, Math.ceil(clock.time / MINUTE) * MINUTE, 'minute');
        }
      }),
      { numRuns: 30 },
    );
  });

  test('adds up a minute as it goes by', async () => {
    const pass = history.counting();
    const seconds = [3, 14, 15, 33, 47, 59, 61];
    for (clock.time = START + 1000; clock.time < START + 90_000; clock.time += 2_000) {
      if (seconds[0] && START + seconds[0] * 1000 <= clock.time) {
        const placed = START + (seconds.shift() as number) * 1000;
        await history.write({ placed, steps: [[placed + 20, 'confirmed']] });
      }
      await pass();
      await history.expectTruth(START, Math.ceil(clock.time / MINUTE) * MINUTE, 'minute');
    }
    expect(seconds).toEqual([]);
    expect(clock.time - (await history.marks()).counted).toBeLessThan(20_000);
  });

  test('by three replicas at once, none of which waits for another, is the same', async () => {
    for (let i = 0; i < 300; i += 1) {
      const placed = START + i * 40_000;
      await history.write({
        placed,
        steps: [
          [placed + 500, 'awaiting_payment'],
          [placed + 900, 'confirmed'],
        ],
      });
    }
    const replicas = [history.counting(), history.counting(), history.counting()];
    for (clock.time = START; clock.time < START + 4 * HOUR; clock.time += 7 * MINUTE) {
      await Promise.all(replicas.flatMap((pass) => [pass(), pass()]));
    }
    await history.catchUp();
    await history.expectTruth(START, START + 4 * HOUR, 'hour');
    await history.expectTruth(START, START + 4 * HOUR, 'minute');
  });

  test('leaves the turn to whoever has it', async () => {
    clock.time = START + HOUR;
    await history.room.service.db.transaction(async (tx) => {
      await tx.query(sql('select from statistics_marks for update'));
      const before = performance.now();
      await history.counting()();
      expect(performance.now() - before).toBeLessThan(1_000);
    });
    expect(await history.marks()).toEqual({ settled: START, counted: START });
    await history.counting()();
    expect((await history.marks()).settled).toBeGreaterThan(START);
  });

  test('that is ended anywhere in the middle goes on as if it had not been', async () => {
    for (let i = 0; i < 100; i += 1)
      await history.write({ placed: START + i * 30_000, steps: [[START + i * 40_000, 'failed']] });
    await history.query(`create function break() returns trigger language plpgsql as
      $$ begin if random() < 0.6 then raise 'killed'; end if; return new; end $$`);
    for (const table of ['order_statistics', 'statistics_marks']) {
      await history.query(
        `create trigger break after insert or update on ${table} for each row execute function break()`,
      );
    }
    let broken = 0;
    for (clock.time = START + MINUTE; clock.time < START + 2 * HOUR; clock.time += 3 * MINUTE) {
      await history
        .counting()()
        .catch(() => {
          broken += 1;
        });
    }
    await history.query('drop function break() cascade');
    expect(broken).toBeGreaterThan(5);
    await history.catchUp();
    await history.expectTruth(START, START + 2 * HOUR, 'minute');
    await history.expectTruth(START, START + 2 * HOUR, 'hour');
  });

  test('of a shop that has years behind it goes in steps, says what is missing, and shows the last minutes meanwhile', async () => {
    for (let i = 0; i < 400; i += 1) await history.write({ placed: START + i * 6 * HOUR });
    clock.time = START + 100 * DAY;
    await history.write({ placed: clock.time - 5_000 });
    const pass = history.counting();
    await pass();
    const early = await history.statistics({ from: START });
    expect(early.uncounted?.to).toBe(iso(clock.time - 5 * MINUTE));
    expect(Date.parse(early.uncounted?.from as string)).toBeLessThan(START + 2 * DAY);
    expect(early.points.at(-1)?.placed).toBe(1);
    let passes = 1;
    for (; (await history.statistics({ from: START })).uncounted; passes += 1) await pass();
    expect(passes).toBeGreaterThan(90);
    await history.expectTruth(START, START + 100 * DAY, 'day');
    await history.expectTruth(START + 90 * DAY, START + 100 * DAY, 'hour');
  });

  test('comes back from a clock that was a year ahead for a while', async () => {
    clock.time = START + 5 * DAY;
    await history.write({ placed: clock.time - HOUR });
    await history.catchUp();
    clock.time += 365 * DAY;
    await history.catchUp();
    clock.time -= 365 * DAY;
    await history.write({ placed: clock.time + 1_000 });
    clock.time += HOUR;
    await history.counting()();
    await history.catchUp();
    expect((await history.marks()).counted).toBeLessThan(clock.time);
    await history.expectTruth(START + 4 * DAY, START + 5 * DAY + HOUR, 'hour');
    await history.expectTruth(START, START + 6 * DAY, 'day');
  });

  test('takes small steps at first, also after a rest', async () => {
    clock.time = START + HOUR;
    const pass = history.counting();
    await history.catchUp(pass);
    clock.time += 3 * DAY;
    const { settled } = await history.marks();
    await pass();
    expect((await history.marks()).settled - settled).toBeLessThan(2 * HOUR);
  });

  test('keeps minutes for a year, and hours and days for good', async () => {
    await history.write({ placed: START + 1 });
    clock.time = START + 20 * MINUTE;
    await history.catchUp();
    const units = async () =>
      (await history.query<{ unit: string }>('select unit from order_statistics')).map(({ unit }) => unit);
    expect(await units()).toEqual(['minute']);
    clock.time = START + DAY + GRACE_MS;
    await history.catchUp();
    expect((await units()).sort()).toEqual(['day', 'hour', 'minute']);
    clock.time = START + 368 * DAY;
    await history.catchUp();
    expect((await units()).sort()).toEqual(['day', 'hour']);
    expect((await history.statistics({ from: START, to: START + HOUR })).points).toMatchObject([{ placed: 1 }]);
  });

  test('finds a span of the history without reading the rest', async () => {
    await history.query(`
      insert into order_history (order_id, version, at, event, status)
      select gen_random_uuid(), 1, timestamptz '2020-01-01' + n * interval '1 minute', 'order.placed', 'pending'
      from generate_series(1, 20000) n`);
    await history.query('analyze order_history, orders');
    const plan: string[] = [];
    const explaining = {
      query: async <Row>({ text }: Statement, values?: unknown[]) => {
        const lines = await history.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
        plan.push(...lines.map((line) => line['QUERY PLAN']));
        return [] as Row[];
      },
    };
    await countHistory(explaining, START, START + HOUR);
    const scan = plan.findIndex((line) => line.includes(' on order_history entry'));
    expect(plan.slice(scan, scan + 5).join('\n')).toContain('order_history_at');
  });
});
