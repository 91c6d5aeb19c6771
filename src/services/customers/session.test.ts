import { describe, expect, test } from 'vitest';
import { exchange, readCookie, sessionEnd, setCookie } from './session.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString();
const FUTURE = '2026-04-01T00:00:00.000Z';

describe('a refresh token', () => {
  test.each([
    ['never used', null, FUTURE, 'next'],
    ['used a moment ago: the answer was lost, or two tabs asked', ago(10_000), FUTURE, 'next'],
    ['used before: somebody has a copy', ago(10_001), FUTURE, 'stolen'],
    ['of a session that has run out', null, NOW.toISOString(), 'over'],
    ['used before, of a session that has run out', ago(60_000), ago(1), 'over'],
  ] as const)('%s', (_, used_at, expires_at, answer) => {
    expect(exchange({ used_at, expires_at, twin_used: false }, NOW)).toBe(answer);
  });

  test('whose twin has gone its own way was copied', () => {
    expect(exchange({ used_at: null, expires_at: FUTURE, twin_used: true }, NOW)).toBe('stolen');
  });

  test('keeps its session alive, but not for ever', () => {
    const day = 86_400;
    expect(sessionEnd(NOW, NOW, 30 * day)).toEqual(new Date('2026-03-31T12:00:00.000Z'));
    const old = new Date('2025-09-10T12:00:00.000Z');
    expect(sessionEnd(NOW, old, 30 * day)).toEqual(new Date('2026-03-09T12:00:00.000Z'));
  });
});

describe('the cookie', () => {
  test.each([
    ['tradewind_refresh=abc.n.s', { secret: 'abc', device: 'n.s' }],
    ['a=1; tradewind_refresh=abc.n.s; b=2', { secret: 'abc', device: 'n.s' }],
    ['tradewind_refresh=.n.s', { secret: '', device: 'n.s' }],
    ['tradewind_refresh=abc', { secret: 'abc', device: '' }],
    ['not_tradewind_refresh=abc', { secret: '', device: '' }],
    ['', { secret: '', device: '' }],
    [undefined, { secret: '', device: '' }],
  ])('in %j is %j', (header, kept) => {
    expect(readCookie(header)).toEqual(kept);
  });

  test('is out of reach for scripts and other sites, and goes to one place only', () => {
    expect(setCookie({ secret: 'abc', device: 'n.s' }, true)).toBe(
      'tradewind_refresh=abc.n.s; Path=/api/auth; Max-Age=34560000; HttpOnly; SameSite=Strict; Secure',
    );
    expect(setCookie({ secret: '', device: 'n.s' }, false)).toBe(
      'tradewind_refresh=.n.s; Path=/api/auth; Max-Age=34560000; HttpOnly; SameSite=Strict',
    );
  });
});
