import { describe, expect, test } from 'vitest';
import { createGroupCommit, Overloaded } from './group-commit.ts';

/** Writes when told to; keeps what it was given. */
function manual() {
  const batches: { items: string[]; finish: () => void; fail: (error: unknown) => void }[] = [];
  const write = (items: string[]) =>
    new Promise<string[]>((resolve, fail) => {
      batches.push({ items, finish: () => resolve(items.map((item) => `${item} written`)), fail });
    });
  return { batches, write };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async (count = 5) => {
  for (let i = 0; i < count; i += 1) await turn();
};
const outcomeOf = (promise: Promise<string>) =>
  promise.then(
    (result) => result,
    (error: Error) => error.message,
  );
const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('what is written together', () => {
  test('is what arrives while a commit is in flight; each gets its own answer', async () => {
    const { batches, write } = manual();
    const commit = createGroupCommit({ write });
    const first = commit.add('a');
    await turns();
    const rest = ['b', 'c', 'd'].map((item) => commit.add(item));
    await turns();
    expect(batches.map(({ items }) => items)).toEqual([['a']]);
    batches[0]?.finish();
    expect(await first).toBe('a written');
    await turns();
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']]);
    batches[1]?.finish();
    expect(await Promise.all(rest)).toEqual(['b written', 'c written', 'd written']);
  });

  test('is what arrives during the rest after a commit, where there is one; who comes first waits for nothing', async () => {
    const { batches, write } = manual();
    let wakeUp = () => {};
    const rest = () =>
      new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
    const commit = createGroupCommit({ write, rest });
    const first = commit.add('a');
    await turns();
    batches[0]?.finish();
    expect(await first).toBe('a written');
    const others = ['b', 'c'].map((item) => commit.add(item));
    await turns();
    expect(batches).toHaveLength(1);
    wakeUp();
    await turns();
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
    batches[1]?.finish();
    expect(await Promise.all(others)).toEqual(['b written', 'c written']);
    wakeUp();
    await commit.drained();
  });

  test('is at most so many, in the order of arrival', async () => {
    const written: string[][] = [];
    const commit = createGroupCommit<string, void>({
      max: 2,
      write: async (items) => {
        written.push(items);
        return items.map(() => undefined);
      },
    });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => commit.add(item)));
    expect(written).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });
});

test('a lone item is written in the next turn of the event loop, by no timer', async () => {
  const { batches, write } = manual();
  const done = createGroupCommit({ write }).add('a');
  await turn();
  await turn();
  expect(batches).toHaveLength(1);
  batches[0]?.finish();
  await done;
});

describe('when a batch fails', () => {
  test('a bad item among many meets only its own fate', async () => {
    let writes = 0;
    const commit = createGroupCommit<string, string>({
      write: async (items) => {
        writes += 1;
        if (items.includes('bad')) throw new Error('bad item');
        return items.map((item) => `${item} written`);
      },
    });
    const outcomes = await Promise.all(['a', 'bad', 'b'].map((item) => outcomeOf(commit.add(item))));
    expect(outcomes).toEqual(['a written', 'bad item', 'b written']);
    expect(writes).toBe(4);
  });

  test('because the database is away, all are refused at once, not one after the other', async () => {
    let writes = 0;
    const commit = createGroupCommit<string, string>({
      write: async () => {
        writes += 1;
        throw away();
      },
    });
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, i) => outcomeOf(commit.add(`${i}`))));
    expect(new Set(outcomes)).toEqual(new Set(['connect ECONNREFUSED']));
    expect(writes).toBe(1);
  });

  test('because two got in each other’s way, it is tried again, even if it is a batch of one', async () => {
    let collisions = 2;
    const commit = createGroupCommit<string, string>({
      write: async (items) => {
        collisions -= 1;
        if (collisions >= 0) throw Object.assign(new Error('taken meanwhile'), { code: '40001' });
        return items.map((item) => `${item} written`);
      },
    });
    expect(await outcomeOf(commit.add('a'))).toBe('a written');
    const stuck = createGroupCommit<string, string>({
      write: async () => {
        throw Object.assign(new Error('taken for good'), { code: '23505' });
      },
    });
    expect(await outcomeOf(stuck.add('a'))).toBe('taken for good');
  });

  test('the next one is not harmed', async () => {
    let broken = true;
    const commit = createGroupCommit<string, string>({
      write: async (items) => {
        if (broken) throw away();
        return items;
      },
    });
    expect(await outcomeOf(commit.add('a'))).toBe('connect ECONNREFUSED');
    broken = false;
    expect(await outcomeOf(commit.add('b'))).toBe('b');
  });
});

test('more than may wait are refused at once, and those that wait are not', async () => {
  const { batches, write } = manual();
  const commit = createGroupCommit({ write, max: 2, maxWaiting: 3 });
  const first = commit.add('a');
  await turns();
  const waiting = ['b', 'c', 'd'].map((item) => commit.add(item));
  await expect(commit.add('e')).rejects.toBeInstanceOf(Overloaded);
  for (let i = 0; i < 3; i += 1) {
    batches[i]?.finish();
    await turns();
  }
  expect(await Promise.all([first, ...waiting])).toHaveLength(4);
});

test('it is drained when nothing waits any more', async () => {
  const { batches, write } = manual();
  const commit = createGroupCommit({ write });
  await commit.drained();
  let drained = false;
  const done = [commit.add('a')];
  await turns();
  done.push(commit.add('b'));
  const draining = commit.drained().then(() => {
    drained = true;
  });
  batches[0]?.finish();
  await turns();
  expect(drained).toBe(false);
  batches[1]?.finish();
  await draining;
  await Promise.all(done);
});
