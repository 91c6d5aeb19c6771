import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScratchDatabase } from '../../test/scratch-database.ts';
import { openScratchDatabase } from '../../test/scratch-database.ts';
import type { Caller } from './auth.ts';
import { GUEST } from './auth.ts';
import type { Database, Tx } from './database.ts';
import { sql } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import type { IdempotencyKey, StoredReply } from './idempotency.ts';
import { expireKeys, findReplies, KEPT_MS, once, readKey, saveReplies } from './idempotency.ts';
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';

const BODY = Buffer.from('{"quantity":1}');
const ME: Caller = { role: 'customer', id: 'c-1', email: 'me@example.com', token: 't' };
const keyOf = (header: string, { body = BODY, route = 'POST /things', caller = GUEST as Caller } = {}) =>
  readKey(header, route, caller, body) as IdempotencyKey;

describe('the header', () => {
  test('is a quoted string or bare: the same key', () => {
    expect(keyOf('"abc-1"')).toEqual(keyOf('abc-1'));
    expect(keyOf('abc-1').key).toBe('abc-1');
  });

  test('may be left out', () => {
    expect(readKey(undefined, 'POST /things', GUEST, BODY)).toBeUndefined();
  });

  test.each(['', '""', 'x'.repeat(256), `"${'x'.repeat(256)}"`])('of the wrong length is refused', (header) => {
    expect(readKey(header, 'POST /things', GUEST, BODY)).toMatchObject({
      rejected: { status: 400 },
      errors: [{ pointer: '/headers/idempotency-key' }],
    });
  });

  test('of 255 characters is the longest', () => {
    expect(keyOf('x'.repeat(255)).key).toHaveLength(255);
    expect(keyOf(`"${'x'.repeat(255)}"`).key).toHaveLength(255);
  });

  test('belongs to its caller and its route', () => {
    const scopes = [keyOf('k'), keyOf('k', { caller: ME }), keyOf('k', { route: 'POST /others' })].map(
      (one) => one.scope,
    );
    expect(new Set(scopes).size).toBe(3);
  });
});

let scratch: ScratchDatabase;
let other: Database;
beforeAll(async () => {
  scratch = await openScratchDatabase();
  other = scratch.open();
  await scratch.rows('create table effects (n serial primary key)');
});
afterAll(() => scratch.close());
beforeEach(() => scratch.rows('truncate idempotency_keys, effects'));

const EFFECT = sql('insert into effects default values returning n');
const effects = async () => (await scratch.rows('select n from effects')).length;
async function work(tx: Tx): Promise<StoredReply> {
  const [row] = await tx.query<{ n: number }>(EFFECT);
  return { status: 201, headers: { location: `/things/${row?.n}` }, text: JSON.stringify({ n: row?.n }) };
}
const did = (reply: StoredReply | Rejection) => reply as StoredReply;

describe('a request that is repeated', () => {
  test('gets the same answer, marked as a replay, and is done once', async () => {
    const first = did(await once(scratch.db, keyOf('k'), work));
    const again = did(await once(scratch.db, keyOf('k'), work));
    expect(again).toEqual({ ...first, headers: { ...first.headers, 'idempotency-replayed': 'true' } });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(await effects()).toBe(1);
  });

  test('with another body is refused', async () => {
    await once(scratch.db, keyOf('k'), work);
    const changed = await once(scratch.db, keyOf('k', { body: Buffer.from('{"quantity":2}') }), work);
    expect(changed).toMatchObject({ rejected: common.keyReused });
    expect(common.keyReused.status).toBe(422);
    expect(await effects()).toBe(1);
  });

  test('by another caller, or without a key, is another request', async () => {
    await once(scratch.db, keyOf('k'), work);
    await once(scratch.db, keyOf('k', { caller: ME }), work);
    await once(scratch.db, undefined, work);
    await once(scratch.db, undefined, work);
    expect(await effects()).toBe(4);
  });

  test('after it was refused is tried anew: nothing was done', async () => {
    const refused = await once(scratch.db, keyOf('k'), async () => reject(common.invalid));
    expect(refused).toMatchObject({ rejected: common.invalid });
    expect(did(await once(scratch.db, keyOf('k'), work)).status).toBe(201);
  });

  test('after it failed is tried anew', async () => {
    const failing = once(scratch.db, keyOf('k'), async (tx) => {
      await work(tx);
      throw new Error('a bug');
    });
    await expect(failing).rejects.toThrow('a bug');
    expect(await effects()).toBe(0);
    expect(did(await once(scratch.db, keyOf('k'), work)).status).toBe(201);
  });

  test('ten times at once is done once, and all get that answer', async () => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, i) => once(i % 2 === 0 ? scratch.db : other, keyOf('k'), work)),
    );
    expect(await effects()).toBe(1);
    expect(new Set(replies.map((reply) => did(reply).text)).size).toBe(1);
    expect(replies.filter((reply) => !did(reply).headers['idempotency-replayed'])).toHaveLength(1);
  });
});

/** The first two come here before either goes on. */
function meeting() {
  let arrived = 0;
  let open = () => {};
  const both = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async () => {
    arrived += 1;
    if (arrived === 2) open();
    if (arrived <= 2) await both;
  };
}

describe('two replicas that did not know of each other', () => {
  test('do it once, and both give the same answer', async () => {
    const meet = meeting();
    const slowly = async (tx: Tx) => {
      await meet();
      return work(tx);
    };
    const replies = await Promise.all([scratch.db, other].map((db) => once(db, keyOf('k'), slowly)));
    expect(await effects()).toBe(1);
    expect(new Set(replies.map((reply) => did(reply).text)).size).toBe(1);
  });

  test('do so too when they write in groups of one', async () => {
    const meet = meeting();
    const replica = (db: Database) =>
      createGroupCommit<IdempotencyKey, StoredReply | Rejection>({
        write: (keys) =>
          db.transaction(async (tx) => {
            const known = await findReplies(tx, keys);
            await meet();
            const replies: (StoredReply | Rejection)[] = [];
            for (const [i, key] of keys.entries()) {
              const reply = known[i] ?? (await work(tx));
              if (!known[i]) await saveReplies(tx, [{ ...key, ...did(reply) }]);
              replies.push(reply);
            }
            return replies;
          }),
      });
    const replies = await Promise.all([scratch.db, other].map((db) => replica(db).add(keyOf('k'))));
    expect(await effects()).toBe(1);
    expect(new Set(replies.map((reply) => did(reply).text)).size).toBe(1);
  });
});

test('many keys are found at once, each in its place', async () => {
  await once(scratch.db, keyOf('a'), work);
  await once(scratch.db, keyOf('b'), work);
  const asked = [keyOf('b'), undefined, keyOf('new'), keyOf('a', { body: Buffer.from('other') }), keyOf('a')];
  const found = await scratch.db.transaction((tx) => findReplies(tx, asked));
  expect(found).toMatchObject([
    { status: 201 },
    undefined as never,
    undefined as never,
    { rejected: common.keyReused },
    { status: 201 },
  ]);
});

describe('after 24 hours', () => {
  test('a key is new again, and keeps its new answer', async () => {
    const first = did(await once(scratch.db, keyOf('k'), work));
    scratch.clock.advance(KEPT_MS - 1);
    expect(did(await once(scratch.db, keyOf('k'), work)).text).toBe(first.text);
    scratch.clock.advance(1);
    const second = did(await once(scratch.db, keyOf('k'), work));
    expect(second.text).not.toBe(first.text);
    expect(did(await once(scratch.db, keyOf('k'), work)).text).toBe(second.text);
    expect(await effects()).toBe(2);
  });

  test('it is forgotten, and the others are not', async () => {
    await once(scratch.db, keyOf('old'), work);
    scratch.clock.advance(KEPT_MS);
    await once(scratch.db, keyOf('new'), work);
    await expireKeys(scratch.db, scratch.clock.now());
    expect(await scratch.rows('select key from idempotency_keys')).toEqual([{ key: 'new' }]);
  });
});
