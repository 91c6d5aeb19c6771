import { describe, expect, test } from 'vitest';
import { Overloaded } from '../../platform/group-commit.ts';
import { isRejection } from '../../platform/problem.ts';
import { closing, mayTouch, weakness } from './customer.ts';
import { createLimiter } from './passwords.ts';

describe('a password', () => {
  test.each([
    'password123',
    'PASSWORD123',
    'aaaaaaaa',
    'abababab',
    'ann@example.com',
    'Ann@Example.com',
  ])('%s is too easy for ann@example.com', (password) => {
    expect(weakness(password, 'ann@example.com')).toMatchObject({ errors: [{ pointer: '/password' }] });
  });
  test('that is long and nobody would guess is fine', () => {
    expect(weakness('a quiet harbour', 'ann@example.com')).toBeUndefined();
  });
});

test('customers may touch themselves, admins everyone, guests nobody', () => {
  const caller = { id: 'a', email: 'a@example.com', token: '' };
  expect(mayTouch({ role: 'customer', ...caller }, 'a')).toBe(true);
  expect(mayTouch({ role: 'customer', ...caller }, 'b')).toBe(false);
  expect(mayTouch({ role: 'admin', ...caller }, 'b')).toBe(true);
  expect(mayTouch({ role: 'guest' }, 'a')).toBe(false);
});

describe('closing an account', () => {
  const customer = { id: 'c', role: 'customer', version: 1 };
  const admin = { id: 'a', role: 'admin', version: 1 };
  test('is for accounts that exist', () => {
    expect(closing([admin], 'c')).toMatchObject({ rejected: { code: 'not-found' } });
    expect(closing([admin, customer], 'c')).toBe(customer);
  });
  test('is refused to the last admin only', () => {
    expect(closing([admin, customer], 'a')).toMatchObject({ rejected: { code: 'last-admin' } });
    expect(isRejection(closing([admin, { ...admin, id: 'b' }], 'a'))).toBe(false);
  });
});

describe('the limiter', () => {
  test('runs no more than its measure at once, and everything in the end, failures included', async () => {
    const limited = createLimiter(2, 100);
    let running = 0;
    let most = 0;
    const work = (i: number) => async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (i % 3 === 0) throw new Error('no');
      return i;
    };
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => limited(work(i))));
    expect(most).toBe(2);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(13);
    expect(await limited(async () => 'still open')).toBe('still open');
  });

  test('turns away what would wait too long', async () => {
    const limited = createLimiter(1, 1);
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    const first = limited(slow);
    const second = limited(slow);
    await expect(limited(slow)).rejects.toThrow(Overloaded);
    await Promise.all([first, second]);
  });
});
