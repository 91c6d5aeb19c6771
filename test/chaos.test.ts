/** The ordeal can fail: whatever is taken from a shop that kept its promise, or added to it, is named. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conclude } from '../chaos/conclusion.ts';
import type { Absence, End } from '../chaos/ends.ts';
import { judgeEnds } from '../chaos/ends.ts';
import type { Outside } from '../chaos/outside.ts';
import { openOutside } from '../chaos/outside.ts';
import type { Misfortune } from '../chaos/plan.ts';
import { nameOf, plan } from '../chaos/plan.ts';
import { keep } from '../chaos/processes.ts';
import type { Crowd, Goods } from '../chaos/shoppers.ts';
import { sendShoppers } from '../chaos/shoppers.ts';
import type { Books, Promised } from '../chaos/verdict.ts';
import { judge, openBooks, PROMISED } from '../chaos/verdict.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { databaseUrl } from '../src/shop.ts';
import type { TestShop } from './harness.ts';
import { eventually, startTestShop } from './harness.ts';
import { STAND_IN_KEY, STAND_IN_SECRET } from './stripe-stand-in.ts';

describe('the plan', () => {
  const ALL: Misfortune[] = [
    { how: 'crash', what: 'postgres', kind: 'crash' },
    { how: 'cut', what: 'mail', kind: 'cut mail' },
    ...['orders 1', 'orders 2', 'payments 1'].flatMap((what): Misfortune[] => [
      { how: 'kill', what, kind: 'kill' },
      { how: 'freeze', what, kind: 'freeze' },
    ]),
  ];
  const first = (seed: number, count: number) => {
    const coming = plan(seed, ALL);
    return Array.from({ length: count }, () => coming.next().value as Misfortune[]);
  };

  test('is the same for a seed, and another for another', () => {
    expect(first(1, 20)).toEqual(first(1, 20));
    expect(first(1, 20)).not.toEqual(first(2, 20));
  });

  test('has one of each kind, then each of all once, then two at once, never of one thing', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const coming = first(seed, ALL.length + 20);
      expect(new Set(coming.slice(0, 4).map(([one]) => one?.kind)).size).toBe(4);
      expect(new Set(coming.slice(0, ALL.length).map(nameOf)).size).toBe(ALL.length);
      for (const [one, other, ...more] of coming.slice(ALL.length)) {
        expect(more).toEqual([]);
        expect(one?.what).not.toBe(other?.what);
      }
    }
  });
  test('of a short run kills one replica of each target at once, where a long one kills one process', () => {
    const kills = (seed: number, short: boolean) => {
      const coming = plan(seed, ALL, short);
      const all = Array.from({ length: 4 }, () => coming.next().value as Misfortune[]);
      return all.filter(([one]) => one?.how === 'kill').flatMap((some) => some.map(({ what }) => what));
    };
    for (let seed = 0; seed < 50; seed += 1) {
      expect(kills(seed, false)).toHaveLength(1);
      expect(
        kills(seed, true)
          .map((what) => what.replace(/ \d$/, ''))
          .sort(),
      ).toEqual(['orders', 'payments']);
      expect(kills(seed, true)[0]).toBe(kills(seed, false)[0]);
      expect(kills(seed, true)).toEqual(kills(seed, true));
    }
    expect(new Set(Array.from({ length: 50 }, (_, seed) => kills(seed, true).join())).size).toBeGreaterThan(2);
    // What was killed already comes again only when two come at once.
    const coming = plan(1, ALL, true);
    const names = Array.from({ length: ALL.length - 1 }, () => nameOf(coming.next().value as Misfortune[]));
    expect(new Set(names).size).toBe(ALL.length - 1);
  });
});

describe('a process', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tradewind-kept-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const run = (name: string, code: string) =>
    keep({ name, program: ['-e', code], args: [], env: {}, log: join(dir, `${name}.log`) });

  test('that ends by itself is noted, with its last words, and started again; one that is killed is not', async () => {
    const kept = run(
      'orders 1',
      `console.log('orders is ready on x'); setTimeout(() => { throw new Error('no more') }, 300)`,
    );
    await eventually(async () => kept.ends.length === 2);
    await kept.stop();
    expect(kept.ends[0]).toMatchObject({ name: 'orders 1', how: 'code 1', wasReady: true });
    expect(judgeEnds(kept.ends, []).wrong[0]).toBe('orders 1 (code 1): Error: no more');
    const steady = run('orders 2', 'setInterval(() => {}, 1000)');
    steady.signal('SIGKILL');
    await sleep(1_000);
    await steady.stop();
    expect(steady.ends).toEqual([]);
  });

  const end: End = {
    name: 'orders 1',
    began: 10_000,
    at: 12_000,
    how: 'code 1',
    wasReady: false,
    words: 'no database\n',
  };
  const away = (from: number, until: number): Absence => ({ what: 'postgres', from, until });

  test('may end while it starts and what it leans on is away, and at no other time', () => {
    expect(judgeEnds([end], []).wrong).toEqual(['orders 1 (code 1, while it started): no database']);
    expect(judgeEnds([end], [away(5_000, Number.POSITIVE_INFINITY)]).wrong).toEqual([]);
    expect(judgeEnds([end], [away(0, 9_000)]).excused.size).toBe(1);
    expect(judgeEnds([end], [away(0, 1_000), away(13_000, 14_000)]).wrong).toHaveLength(1);
    const ready = { ...end, wasReady: true };
    expect(judgeEnds([ready], [away(5_000, 20_000)]).wrong).toEqual(['orders 1 (code 1): no database']);
  });

  test('may give up its PostgreSQL when that was crashed more often than it puts up with', () => {
    const words = 'PostgreSQL has ended by itself, and the shop with it; start it again: …';
    const gave = { ...end, at: 60_000, wasReady: true, words };
    const crashes = (count: number) => Array.from({ length: count }, (_, i) => away(11_000 + i, 11_000 + i));
    expect(judgeEnds([gave], crashes(4)).wrong).toEqual([]);
    expect(judgeEnds([gave], crashes(3)).wrong).toHaveLength(1);
    expect(judgeEnds([{ ...gave, words: 'oops' }], crashes(4)).wrong).toEqual(['orders 1 (code 1): oops']);
  });
});

describe('the conclusion', () => {
  const kept = Object.fromEntries(PROMISED.map((name) => [name, [] as string[]])) as Record<Promised, string[]>;
  const blow = (name: string, recovered?: number) => ({ name, recovered });
  const quick = blow('kill orders 1', 3.2);

  test('is that every promise was kept where none was broken and all was soon well', () => {
    expect(conclude([quick, blow('freeze payments 2', 30)], { acknowledged: 9, broken: kept })).toEqual({
      code: 0,
      words: 'Every promise was kept',
    });
  });

  test('tells a shop that was only too slow to recover from one that broke a promise', () => {
    const slow = blow('freeze payments 2', 41.5);
    expect(conclude([quick, slow], { acknowledged: 9, broken: kept })).toEqual({
      code: 3,
      words:
        'Every promise was kept, but it was too slow to recover: freeze payments 2, 41.5 s (30 s are allowed); is the machine busy?',
    });
    const lost = { ...kept, lost: ['order 1', 'order 2'] };
    expect(conclude([quick, slow], { acknowledged: 9, broken: lost })).toEqual({ code: 1, words: 'BROKEN: lost 2' });
  });

  test('is that it is broken where something never got well, and where there was nothing to keep', () => {
    const never = conclude([quick, blow('cut mail')], { acknowledged: 9, broken: kept });
    expect(never).toEqual({ code: 1, words: 'BROKEN: never recovered from 1' });
    expect(conclude([quick], { acknowledged: 0, broken: kept })).toMatchObject({ code: 1 });
  });
});

test.each([
  [[0], 0],
  [[1], 1],
  [[2], 2],
  [[3, 0], 0],
  [[3, 1], 1],
  [[3, 3], 3],
])('where chaos ends with %j, .ci/run ends with %d: what was slow is tried once more', async (ends, taken) => {
  const [chaos] = (await readFile('.ci/run', 'utf8')).match(/^chaos\(\) \{[\s\S]*?^\}/m) ?? [];
  const runs = `ends=(${ends.join(' ')}); n=0; npm() { local end=\${ends[$n]}; n=$((n + 1)); return "$end"; }`;
  const script = `set -euo pipefail; ${runs}; ${chaos}; chaos --seconds=90; [ "$n" = ${ends.length} ] || exit 9`;
  expect(spawnSync('bash', ['-c', script], { stdio: 'ignore' }).status).toBe(taken);
});

describe('the verdict on a shop', () => {
  const GOODS: Goods[] = [
    { product_id: 'PLENTY', stock: 1_000, scarce: false },
    { product_id: 'FEW', stock: 5, scarce: true },
  ];
  let dir: string;
  let outside: Outside;
  let shop: TestShop;
  let books: Books;
  let crowd: Crowd;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tradewind-verdict-'));
    outside = await openOutside(dir);
    shop = await startTestShop({
      settings: {
        STRIPE_SECRET_KEY: STAND_IN_KEY,
        STRIPE_WEBHOOK_SECRET: STAND_IN_SECRET,
        STRIPE_API_URL: `http://127.0.0.1:${outside.bank.port}`,
        SMTP_URL: `smtp://127.0.0.1:${outside.mail.port}`,
      },
    });
    for (const { product_id, stock } of GOODS) await shop.product({ product_id, stock });
    books = openBooks((room) => databaseUrl(shop.settings, room));
    outside.tell([shop.url]);
    crowd = sendShoppers([shop.url], GOODS, 20, 1);
    await sleep(2_000);
    expect(await crowd.leave(20_000)).toBe(true);
    await shop.quiet();
  });
  afterAll(async () => {
    await books?.close();
    await shop?.close();
    await outside?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const verdict = () => judge(books, crowd, GOODS, outside);
  const broken = async () => {
    const found = Object.entries((await verdict()).broken).filter(([, faults]) => faults.length > 0);
    return Object.fromEntries(found) as Partial<Record<Promised, string[]>>;
  };
  const confirmed = async () => {
    const [order] = await shop.query<{ id: string; email: string }>(
      'orders',
      `select id, email from orders where status = 'confirmed' order by id limit 1`,
    );
    return order as { id: string; email: string };
  };

  test('that kept its promise finds nothing, with sold out, declined and cancelled orders among all', async () => {
    const { acknowledged, ended, byStatus } = await verdict();
    expect(await broken()).toEqual({});
    expect(acknowledged).toBeGreaterThan(30);
    expect(ended).toBe(acknowledged);
    for (const status of ['confirmed', 'failed', 'cancelled']) expect(byStatus[status]).toBeGreaterThan(0);
  });

  test('finds an order that is gone, one that never ends, and a message that stays', async () => {
    const { id } = await confirmed();
    const waits = `update orders set status = 'pending', deadline_at = 'infinity' where id = '${id}'`;
    const ended = `update orders set status = 'confirmed', deadline_at = null where id = '${id}'`;
    await meanwhile('orders', waits, ended, async () =>
      expect((await broken()).lost).toContain(`order ${id} is pending for ever`),
    );
    const comes = `insert into inbox (id, type, source, subject, time, data, available_at)
      values (gen_random_uuid(), 'order.placed', 'orders', 's', now(), '{}', 'infinity')`;
    await meanwhile('inventory', comes, 'delete from inbox', async () =>
      expect((await broken()).lost).toEqual([expect.stringMatching(/^inventory: inbox order.placed/)]),
    );
    const asks = `update payments set status = 'processing', transaction_id = null, next_attempt_at = 'infinity' where order_id = '${id}'`;
    const [{ charge }] = (await shop.query<{ charge: string }>(
      'payments',
      'select transaction_id as charge from payments where order_id = $1',
      [id],
    )) as [{ charge: string }];
    const paid = `update payments set status = 'succeeded', transaction_id = '${charge}', next_attempt_at = null where order_id = '${id}'`;
    await meanwhile('payments', asks, paid, async () =>
      expect((await broken()).lost).toEqual([`the charge of order ${id} is asked for without end`]),
    );
    crowd.shoppers[0]?.told.add('00000000-0000-7000-8000-000000000000');
    const faults = await broken();
    crowd.shoppers[0]?.told.delete('00000000-0000-7000-8000-000000000000');
    expect(faults.lost).toEqual([expect.stringContaining('which is not there')]);
  });

  test('finds an order that was made twice', async () => {
    const { email, told } = crowd.shoppers.find((shopper) => shopper.told.size === 1) as (typeof crowd.shoppers)[0];
    const [id] = told;
    told.delete(id as string);
    const faults = await broken();
    told.add(id as string);
    expect(faults.doubled).toEqual([`nobody knows of order ${id}`]);
    expect(faults.lost).toEqual([`${email} was never answered`]);
  });

  test('finds a second charge, and money that did not go back', async () => {
    const { id } = await confirmed();
    const [first] = outside.bank.books.intentOf(id).filter(({ status }) => status === 'succeeded');
    outside.bank.books.intents.set('again', { ...(first as NonNullable<typeof first>), id: 'again' });
    const faults = await broken();
    outside.bank.books.intents.delete('again');
    expect(faults['charged twice']).toContain(`order ${id} was charged again`);
    expect(await broken()).toEqual({});
    // It stands in the bank's books as paid, and nobody has given anything back.
    const fails = `update orders set status = 'failed', reason = 'timed_out' where id = '${id}'`;
    const stands = `update orders set status = 'confirmed', reason = null where id = '${id}'`;
    await meanwhile('orders', fails, stands, async () =>
      expect((await broken())['charged twice']).toContainEqual(expect.stringContaining(id)),
    );
  });

  test('finds a cancel that was promised and is lost, and a shopper who was turned away', async () => {
    const cancelled = crowd.shoppers.find((shopper) => shopper.cancelled) as (typeof crowd.shoppers)[0];
    const [id] = cancelled.told;
    const lost = `update orders set status = 'failed' where id = '${id}'`;
    await meanwhile('orders', lost, `update orders set status = 'cancelled' where id = '${id}'`, async () =>
      expect((await broken()).lost).toEqual([
        `${cancelled.email} was told that their order is cancelled, and it is not`,
      ]),
    );
    const shopper = crowd.shoppers[0] as { refused?: string };
    shopper.refused = '403 not you';
    const faults = await broken();
    delete shopper.refused;
    expect(faults['turned away']).toEqual([expect.stringContaining('403 not you')]);
  });

  test('finds more sold than there was, and stock that does not add up', async () => {
    const few = GOODS.find(({ scarce }) => scarce) as Goods;
    few.stock = 1;
    const faults = await broken();
    few.stock = 5;
    expect(faults.oversold).toEqual([expect.stringMatching(/^[2-5] of FEW were sold, there were 1$/)]);
    const more = (by: number) => `update levels set on_hand = on_hand + ${by} where product_id = 'PLENTY'`;
    await meanwhile('inventory', more(1), more(-1), async () =>
      expect((await broken())['books that disagree']).toEqual([expect.stringContaining('PLENTY')]),
    );
  });

  test('finds a process that ended by itself', async () => {
    const { broken: faults } = await judge(books, crowd, GOODS, outside, ['orders 1 (code 1): oops']);
    expect(faults['ended by itself']).toEqual(['orders 1 (code 1): oops']);
  });

  test('finds a mail that came twice, and one that did not come', async () => {
    const { email } = await confirmed();
    const all = await outside.mail.all();
    const mine = all.find(({ to }) => to.includes(email)) as (typeof all)[0];
    outside.mail.all = async () => [...all, { ...mine, message_id: 'another' }];
    expect((await broken())['mailed twice']).toEqual([`${mine.to} ${mine.subject}`]);
    outside.mail.all = async () => all.filter((one) => one !== mine);
    expect((await broken()).lost).toEqual([`mail ${mine.message_id} is sent`]);
    outside.mail.all = async () => all;
  });

  /** While a row is as it must not be. */
  async function meanwhile(room: ServiceName, change: string, undo: string, look: () => Promise<void>): Promise<void> {
    await shop.query(room, change);
    try {
      await look();
    } finally {
      await shop.query(room, undo);
    }
  }
});
