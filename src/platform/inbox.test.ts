import { Type } from 'typebox';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { deaf, openScratchDatabase } from '../../test/scratch-database.ts';
import { event } from './contract.ts';
import type { Database, Tx } from './database.ts';
import { columns, sql } from './database.ts';
import { on } from './handler.ts';
import type { Inbox, InboxMeter } from './inbox.ts';
import { createInbox } from './inbox.ts';
import { silentLog } from './log.ts';
import type { StoredEvent } from './message.ts';
import { storedEvent } from './message.ts';

const data = Type.Object({ id: Type.String(), poison: Type.Optional(Type.Boolean()) });
const Asked = event('thing.asked', { publisher: 'asker', summary: '', data, subject: 'id' });
const Withdrawn = event('thing.withdrawn', { publisher: 'asker', summary: '', data, subject: 'id' });
const Answered = event('thing.answered', { publisher: 'taker', summary: '', data, subject: 'id' });

let scratch: ScratchDatabase;
const inboxes: Inbox[] = [];
beforeAll(async () => {
  scratch = await openScratchDatabase('taker');
  await scratch.rows('create table effects (n serial primary key, subject text not null)');
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate inbox, inbox_done, dead_letters, outbox, effects restart identity'));
afterEach(() => Promise.all(inboxes.splice(0).map((inbox) => inbox.worker.stop())));

type Handle = (messages: { subject: string; data: { poison?: boolean } }[], tx: Tx) => Promise<void>;
const TAKE = sql('insert into effects (subject) select * from unnest($1::text[])');

/** Takes effect once for each message, answers each, and cannot bear poison. */
const handle: Handle = async (messages, tx) => {
  tx.write(TAKE, columns(messages, 'subject'));
  for (const { subject } of messages) tx.send(Answered, { id: subject });
  if (messages.some((message) => message.data.poison)) throw new Error('cannot bear it');
};

function open(take: Handle = handle, db: Database = scratch.db, meter: InboxMeter = deaf): Inbox {
  const handlers = [on([Asked, Withdrawn], take as never)];
  const inbox = createInbox({ db, handlers, clock: scratch.clock, log: silentLog, meter });
  inboxes.push(inbox);
  return inbox;
}
const ask = (id: string, more: { poison?: boolean } = {}, contract: typeof Asked | typeof Withdrawn = Asked) =>
  storedEvent('asker', contract as typeof Asked, { id, ...more }, scratch.clock.now());
const effects = async () =>
  (await scratch.rows<{ subject: string }>('select subject from effects order by n')).map(({ subject }) => subject);
const answers = async () =>
  (await scratch.rows<{ subject: string }>('select subject from outbox order by id')).map(({ subject }) => subject);
const waiting = () =>
  scratch.rows<{ subject: string; attempts: number; last_error: string }>(
    'select subject, attempts, last_error from inbox',
  );
const dead = () =>
  scratch.rows<{ type: string; cause: string; attempts: number; data: string }>(
    'select type, cause, attempts, data from dead_letters order by id',
  );
const settled = () => expect.poll(waiting, { timeout: 10_000 }).toEqual([]);

describe('a message', () => {
  test('takes effect and is answered in one transaction', async () => {
    const inbox = open();
    inbox.worker.start();
    await inbox.store([ask('a')]);
    await settled();
    expect(await effects()).toEqual(['a']);
    expect(await answers()).toEqual(['a']);
  });

  test('that comes twice takes effect once: together, later, and while it is being handled', async () => {
    const seen: string[] = [];
    let started = () => {};
    const underway = new Promise<void>((resolve) => {
      started = resolve;
    });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slowly: Handle = async (messages, tx) => {
      started();
      await gate;
      await handle(messages, tx);
    };
    const meter: InboxMeter = {
      handler() {},
      batch: (handled) => seen.push(`handled ${handled.length}`),
      other: (_type, outcome) => seen.push(outcome),
    };
    const [first, second] = [open(slowly, scratch.db, meter), open(handle, scratch.open(), meter)];
    const message = ask('a');
    await first.store([message, message]);
    first.worker.start();
    await underway;
    second.worker.start();
    const again = second.store([message]);
    release();
    await again;
    await settled();
    await second.store([message]);
    await settled();
    expect(await effects()).toEqual(['a']);
    expect(await answers()).toEqual(['a']);
    expect(seen.sort()).toEqual(['duplicate', 'duplicate', 'handled 1']);
  });

  test('takes effect once when two workers race through many that come again and again', async () => {
    const [first, second] = [open(), open(handle, scratch.open())];
    const messages = Array.from({ length: 600 }, (_, i) => ask(`m${i}`));
    await first.store(messages);
    first.worker.start();
    second.worker.start();
    await Promise.all([second.store(messages), first.store(messages.slice(100, 500))]);
    await settled();
    expect((await effects()).sort()).toEqual(messages.map(({ subject }) => subject).sort());
    expect(await answers()).toHaveLength(600);
  });

  test('meets its handler in the order in which it was made, among all it listens to', async () => {
    const seen: string[][] = [];
    const inbox = open(async (messages) => {
      seen.push(messages.map(({ subject }) => subject));
    });
    const messages = [ask('a'), ask('a2', {}, Withdrawn), ask('b'), ask('b2', {}, Withdrawn), ask('c')];
    await inbox.store([...messages].reverse());
    inbox.worker.start();
    await settled();
    expect(seen).toEqual([['a', 'a2', 'b', 'b2', 'c']]);
  });
});

describe('one poison message among many', () => {
  test('does not hold back the rest, and leaves no trace of its tries', async () => {
    const inbox = open();
    const messages = Array.from({ length: 40 }, (_, i) => ask(`m${i}`, i === 17 ? { poison: true } : {}));
    await inbox.store(messages);
    inbox.worker.start();
    await expect.poll(waiting).toMatchObject([{ subject: 'm17', attempts: 1, last_error: 'cannot bear it' }]);
    const good = messages.map(({ subject }) => subject).filter((subject) => subject !== 'm17');
    expect(await effects()).toEqual(good);
    expect(await answers()).toEqual(good);
  });

  test('is tried again, ever more rarely, and ends as a dead letter with its cause', async () => {
    const inbox = open();
    await inbox.store([ask('bad', { poison: true }), ask('good')]);
    inbox.worker.start();
    for (let attempts = 1; attempts < 12; attempts += 1) {
      await expect.poll(waiting).toMatchObject([{ subject: 'bad', attempts }]);
      const [row] = await scratch.rows<{ available_at: string }>('select available_at from inbox');
      const wait = Date.parse(row?.available_at as string) - scratch.clock.now().getTime();
      expect(wait).toBeLessThanOrEqual(Math.min(60_000, 100 * 2 ** (attempts - 1)));
      scratch.clock.advance(60_000);
      inbox.worker.wake();
    }
    await settled();
    expect(await dead()).toEqual([
      { type: 'thing.asked', cause: 'cannot bear it', attempts: 12, data: '{"id":"bad","poison":true}' },
    ]);
    expect(await effects()).toEqual(['good']);
    expect(await answers()).toEqual(['good']);
  });

  test('does not change the order of the others', async () => {
    const inbox = open();
    for (let round = 0; round < 5; round += 1) {
      await scratch.rows('truncate inbox, effects restart identity');
      await inbox.store(['a', 'b', 'c'].map((id) => ask(id)).concat(ask('bad', { poison: true })));
      inbox.worker.start();
      await expect.poll(waiting).toMatchObject([{ subject: 'bad', attempts: 1 }]);
      expect(await effects()).toEqual(['a', 'b', 'c']);
      await inbox.worker.stop();
    }
  });

  test('that is dead stays dead when it comes again', async () => {
    const inbox = open();
    const bad: StoredEvent = { ...ask('bad'), data: '{}' };
    inbox.worker.start();
    await inbox.store([bad]);
    await settled();
    await inbox.store([bad]);
    await settled();
    expect(await dead()).toHaveLength(1);
  });

  test('is handled when the fault is mended before its last try', async () => {
    let broken = true;
    const inbox = open(async (messages, tx) => {
      if (broken) throw new Error('a bug');
      await handle(messages, tx);
    });
    await inbox.store([ask('a'), ask('b')]);
    inbox.worker.start();
    await expect.poll(waiting).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
    broken = false;
    scratch.clock.advance(60_000);
    inbox.worker.wake();
    await settled();
    expect((await effects()).sort()).toEqual(['a', 'b']);
  });

  test('whose error cannot be stored as it is does not stop the inbox', async () => {
    const inbox = open(async (messages, tx) => {
      if (messages.some((message) => message.data.poison)) throw new Error('half a \0 line');
      await handle(messages, tx);
    });
    await inbox.store([ask('bad', { poison: true }), ask('good')]);
    inbox.worker.start();
    await expect.poll(waiting).toMatchObject([{ subject: 'bad', attempts: 1 }]);
    expect(await effects()).toEqual(['good']);
  });
});

describe('what can never be handled is dead at once, and the rest goes on', () => {
  test('an unknown type, and data that break their contract', async () => {
    const inbox = open();
    await inbox.store([{ ...ask('x'), type: 'thing.unheard_of' }, { ...ask('y'), data: '{"id":5}' }, ask('good')]);
    inbox.worker.start();
    await settled();
    expect(await effects()).toEqual(['good']);
    expect(await dead()).toMatchObject([
      { type: 'thing.unheard_of', cause: 'nobody here handles thing.unheard_of', attempts: 0 },
      { type: 'thing.asked', cause: expect.stringMatching(/breaks its contract.*\/id/), attempts: 0 },
    ]);
  });

  test('a body that is no message, whatever bytes it has', async () => {
    const inbox = open();
    await inbox.park('{"not": "ours"}', 'not a CloudEvents batch');
    await inbox.park('bytes \0 \ud800 of nobody', 'not JSON \0');
    expect(await dead()).toMatchObject([
      { type: 'undecodable', data: '{"not": "ours"}', cause: 'not a CloudEvents batch' },
      { type: 'undecodable', data: expect.stringContaining('of nobody') },
    ]);
  });
});

describe('what is delivered', () => {
  const stored = async () => (await waiting()).map(({ subject }) => subject).sort();

  test('is handled before it is acknowledged, in order, and never stored', async () => {
    const inbox = open();
    const [a, b] = [ask('a'), ask('b')];
    await inbox.deliver([b, a]);
    expect(await effects()).toEqual(['a', 'b']);
    expect(await answers()).toEqual(['a', 'b']);
    expect(await waiting()).toEqual([]);
    expect(await inbox.handled([a.id, b.id])).toBe(true);
  });

  test('twice, in one delivery, in two at once, or after it waited in the inbox, takes effect once', async () => {
    const seen: string[] = [];
    const inbox = open(handle, scratch.db, { ...deaf, other: (_type, outcome) => seen.push(outcome) });
    const other = open(handle, scratch.open());
    const [a, b] = [ask('a'), ask('b')];
    await inbox.store([b]);
    await Promise.all([inbox.deliver([a, a]), inbox.deliver([a]), other.deliver([a, b])]);
    inbox.worker.start();
    await settled();
    expect((await effects()).sort()).toEqual(['a', 'b']);
    expect(seen.filter((what) => what === 'duplicate').length).toBeGreaterThanOrEqual(3);
  });

  test('and cannot be handled waits in the inbox with all that came with it, and only it has failed', async () => {
    const inbox = open();
    await inbox.deliver([ask('a'), ask('b', { poison: true }), ask('c')]);
    expect(await stored()).toEqual(['a', 'b', 'c']);
    expect(await effects()).toEqual([]);
    inbox.worker.start();
    await expect.poll(waiting).toMatchObject([{ subject: 'b', attempts: 1, last_error: 'cannot bear it' }]);
    expect(await effects()).toEqual(['a', 'c']);
  });

  test('for the second time is stored first: it may be what ended a process', async () => {
    const inbox = open();
    await inbox.deliver([ask('again')], true);
    expect(await stored()).toEqual(['again']);
    expect(await effects()).toEqual([]);
    inbox.worker.start();
    await settled();
    expect(await effects()).toEqual(['again']);
  });

  test('under an id that waits in the inbox leaves it to what waits: that has been edited, or has its tries', async () => {
    const inbox = open();
    const edited = ask('a');
    await inbox.store([edited]);
    await scratch.rows(`update inbox set subject = 'edited', available_at = $1`, [new Date(Date.now() + 86_400_000)]);
    await inbox.deliver([edited, ask('b')]);
    expect(await effects()).toEqual([]);
    expect(await stored()).toEqual(['b', 'edited']);
    await scratch.rows(`update inbox set available_at = '-infinity'`);
    inbox.worker.start();
    await settled();
    expect((await effects()).sort()).toEqual(['b', 'edited']);
  });

  test('is in hand until it is safe', async () => {
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const inbox = open(async (messages, tx) => {
      await held;
      await handle(messages, tx);
    });
    expect(inbox.inHand()).toEqual({ count: 0, oldest_seconds: 0 });
    const delivered = Promise.all([inbox.deliver([ask('a'), ask('b')]), inbox.deliver([ask('c')])]);
    scratch.clock.advance(3_000);
    expect(inbox.inHand()).toEqual({ count: 3, oldest_seconds: 3 });
    go();
    await delivered;
    expect(inbox.inHand()).toEqual({ count: 0, oldest_seconds: 0 });
  });

  test('and fails is stored; what came beside it in another batch and was handled is not', async () => {
    const inbox = open();
    const many = Array.from({ length: 300 }, (_, i) => ask(`m${i}`));
    await inbox.deliver([...many.slice(0, 299), ask('bad', { poison: true })]);
    expect((await effects()).length).toBe(256);
    expect((await stored()).length).toBe(44);
  });

  test('while the database is away is not acknowledged', async () => {
    const away = scratch.open();
    const inbox = open(handle, away);
    const gone = new Error('terminating connection due to administrator command');
    Object.assign(away.pool, { connect: () => Promise.reject(Object.assign(gone, { code: '57P01' })) });
    await expect(inbox.deliver([ask('a')])).rejects.toThrow('administrator');
    expect(await waiting()).toEqual([]);
  });
});

test('a failed write of the handler is a failed message, though nobody waited for it', async () => {
  const inbox = open(async (_messages, tx) => {
    tx.send(Answered, { id: 'never' });
    tx.write({ text: 'insert into effects (subject) values (null)' });
  });
  await inbox.store([ask('a')]);
  inbox.worker.start();
  await expect.poll(waiting).toMatchObject([{ attempts: 1, last_error: expect.stringContaining('null value') }]);
  expect(await answers()).toEqual([]);
});

test('two who get in each other’s way try the batch again at once, and it is nobody’s failed attempt', async () => {
  let tries = 0;
  const inbox = open(async (messages, tx) => {
    tries += 1;
    if (tries < 3) throw Object.assign(new Error('deadlock'), { code: '40P01' });
    await handle(messages, tx);
  });
  await inbox.store([ask('a'), ask('b')]);
  inbox.worker.start();
  await settled();
  expect(tries).toBe(3);
  expect(await effects()).toEqual(['a', 'b']);
});
