import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attempted } from './delivery.ts';
import { newsOf, saved } from './delivery.ts';
import { signed } from './signing.ts';

const now = new Date('2026-05-06T07:08:09.000Z');
const tried = (attempts: number, queued_attempts = 0) => ({ id: 'd', webhook_id: 'w', attempts, queued_attempts });
const answer = (status: number | null, more: Partial<Attempted> = {}): Attempted => ({
  ...{ status, error: null, response: '', milliseconds: 12 },
  ...more,
});
const pauseOf = (result: { next_attempt_at: string | null }) =>
  (Date.parse(String(result.next_attempt_at)) - now.getTime()) / 1_000;

describe('a delivery', () => {
  test.each([200, 201, 204, 299])('has arrived when it is answered with %i', (status) => {
    expect(saved(tried(1), answer(status), now, 0.5)).toMatchObject({
      ...{ status: 'delivered', last_error: null, next_attempt_at: null, delivered_at: now.toISOString() },
      entry: { at: now.toISOString(), status, error: null },
    });
  });

  test('is tried ten times in a bit more than three days, and has failed then', () => {
    let seconds = 0;
    for (let attempt = 1; attempt < 10; attempt += 1) {
      const result = saved(tried(attempt), answer(500), now, 0.5);
      expect(result).toMatchObject({ status: 'waiting', last_error: 'answered 500' });
      seconds += pauseOf(result);
    }
    expect(seconds / 86_400).toBeCloseTo(3.15, 1);
    expect(saved(tried(10), answer(500), now, 0.5)).toMatchObject({ status: 'failed', next_attempt_at: null });
    // Sent again by a person, it has all of its attempts once more.
    expect(saved(tried(11, 10), answer(500), now, 0.5)).toMatchObject({ status: 'waiting' });
  });

  test('that failed with others is not tried again with them', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
        const seconds = pauseOf(saved(tried(2), answer(null, { error: 'reset' }), now, chance));
        expect(seconds).toBeGreaterThanOrEqual(270);
        expect(seconds).toBeLessThanOrEqual(330);
      }),
    );
  });

  test('waits as long as it is asked to, but no longer than a day', () => {
    expect(pauseOf(saved(tried(1), answer(429, { retryAfter: 600 }), now, 0.5))).toBe(600);
    expect(pauseOf(saved(tried(1), answer(503, { retryAfter: 1e9 }), now, 0.5))).toBe(86_400);
    expect(pauseOf(saved(tried(2), answer(503, { retryAfter: 1 }), now, 0.5))).toBe(300);
  });

  test('keeps what PostgreSQL can keep', () => {
    const { entry, last_error } = saved(tried(1), answer(null, { error: 'a\0b\ud800', response: '\0é\n' }), now, 0);
    expect([last_error, entry.response]).toEqual(['ab', 'é\n']);
  });

  test('to an address that has moved has failed', () => {
    expect(saved(tried(1), answer(301), now, 0).last_error).toBe('answered 301: redirects are not followed');
  });
});

test('of an address it counts whether anything has arrived, and whether it wants nothing more', () => {
  const at = (webhook_id: string, status: number) => ({
    tried: { ...tried(1), webhook_id, url: 'u' },
    attempted: answer(status),
  });
  expect(newsOf([at('b', 500), at('a', 410), at('b', 200), at('b', 500)])).toEqual([
    { webhook_id: 'a', url: 'u', arrived: false, gone: true },
    { webhook_id: 'b', url: 'u', arrived: true, gone: false },
  ]);
});

test('a message is signed as the specification says', () => {
  // The example of the specification's own libraries.
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = signed(id, '{"test": 2432232314}', [secret], new Date(1_614_265_330_000));
  expect(headers).toMatchObject({
    'webhook-id': id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});
