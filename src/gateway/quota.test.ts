import { describe, expect, test } from 'vitest';
import { clientOf, createQuotaCounter, networkOf, WINDOW_SECONDS } from './quota.ts';

const QUOTAS = { default: 3, checkout: 1, auth: 0 };

describe('quotas', () => {
  test('a client has its quota in each window, and is told with every reply what is left', () => {
    const counter = createQuotaCounter(QUOTAS);
    const taken = [0, 1, 2, 3].map((i) => counter.take('default', 'ann', i * 1000));
    expect(taken.map((one) => one?.exceeded)).toEqual([false, false, false, true]);
    expect(taken.map((one) => one?.headers.ratelimit)).toEqual([
      '"default";r=2;t=60',
      '"default";r=1;t=59',
      '"default";r=0;t=58',
      '"default";r=0;t=57',
    ]);
    expect(taken[0]?.headers['ratelimit-policy']).toBe('"default";q=3;w=60');
    expect(taken.map((one) => one?.headers['retry-after'])).toEqual([undefined, undefined, undefined, '57']);
    expect(counter.take('default', 'ann', WINDOW_SECONDS * 1000)?.exceeded).toBe(false);
  });

  test('clients and policies are counted apart, and a policy of 0 is none', () => {
    const counter = createQuotaCounter(QUOTAS);
    expect(counter.take('checkout', 'ann', 0)?.exceeded).toBe(false);
    expect(counter.take('checkout', 'ann', 0)?.exceeded).toBe(true);
    expect(counter.take('checkout', 'ben', 0)?.exceeded).toBe(false);
    expect(counter.take('default', 'ann', 0)?.exceeded).toBe(false);
    expect(counter.take('auth', 'ann', 0)).toBeUndefined();
  });

  test('memory is bounded: the oldest counters go first', () => {
    const counter = createQuotaCounter({ ...QUOTAS, default: 1 }, 2);
    for (const client of ['ann', 'ben', 'cid']) counter.take('default', client, 0);
    expect(counter.take('default', 'cid', 1)?.exceeded).toBe(true);
    expect(counter.take('default', 'ann', 1)?.exceeded).toBe(false);
  });

  test('an account is counted wherever it is; whoever guesses secrets is counted by address, logged in or not', () => {
    const ann = { role: 'customer', id: 'ann', email: 'ann@example.com', token: 't' } as const;
    expect(clientOf('default', ann, '192.0.2.1')).toBe('ann');
    expect(clientOf('auth', ann, '192.0.2.1')).toBe('192.0.2.1');
    expect(clientOf('default', { role: 'guest' }, '192.0.2.1')).toBe('192.0.2.1');
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:0DB8:1:2::7', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
  ])('%s counts as %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});
