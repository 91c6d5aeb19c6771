import { describe, expect, test } from 'vitest';
import type { Outcome, Tried } from './delivery.ts';
import { messageId, outcomeOf, PATIENCE_MS, resend, saved } from './delivery.ts';

describe('the Message-ID', () => {
  test('is the same for every attempt and another for a resend', () => {
    expect(messageId('n', 0, 'Shop <shop@example.com>')).toBe('<n@example.com>');
    expect(messageId('n', 2, 'shop@example.com')).toBe('<n-r2@example.com>');
    expect(messageId('n', 0, 'nonsense')).toBe('<n@localhost>');
  });
});

describe('a resend', () => {
  const row = { status: 'sent', channel: 'email', recipient: 'a@example.com', resends: 1, has_data: true } as const;

  test('of what was sent is another message; of what never left, the same', () => {
    expect(resend(row, false, undefined)).toBe(2);
    expect(resend({ ...row, status: 'failed' }, false, undefined)).toBe(1);
  });
  test('to an address that was refused or bounced is tried: a person has a reason', () => {
    expect(resend(row, false, 'refused')).toBe(2);
    expect(resend(row, false, 'bounced')).toBe(2);
  });
  test('of what has lost its recipient needs another one', () => {
    expect(resend({ ...row, recipient: null }, true, undefined)).toBe(2);
  });
  test.each([
    ['on its way', { status: 'queued' }, undefined],
    ['waiting for its order', { status: 'waiting', recipient: null }, undefined],
    ['erased', { recipient: null }, undefined],
    ['a secret that is forgotten', { has_data: false }, undefined],
    ['for somebody who answered STOP', {}, 'unsubscribed'],
    ['for somebody who called it spam', {}, 'complained'],
  ] as const)('of what is %s is refused', (_what, facts, no) => {
    expect(resend({ ...row, ...facts }, false, no)).toMatchObject({ rejected: { code: 'not-resendable' } });
  });
});

describe('what becomes of a notification', () => {
  const queuedAt = new Date('2026-01-01T00:00:00Z');
  const tried: Tried = {
    id: 'n',
    channel: 'email',
    recipient: 'ann@example.com',
    attempts: 7,
    queued_attempts: 4,
    queued_at: queuedAt.toISOString(),
  };
  const become = (ms: number, outcome: Outcome, more: Partial<Tried> = {}) =>
    saved({ ...tried, ...more }, outcome, new Date(queuedAt.getTime() + ms), 1_000);
  const error = 'why';

  test('that was taken: it is sent, under the name the provider gave it', () => {
    expect(become(0, { result: 'sent', provider_id: 'SM1' })).toMatchObject({ status: 'sent', provider_id: 'SM1' });
  });
  test('that is not wanted now: it is tried again for three days, and then given up', () => {
    expect(become(PATIENCE_MS - 1, { result: 'later', error })).toMatchObject({
      status: 'queued',
      next_attempt_at: '1970-01-01T00:00:01.000Z',
    });
    expect(become(PATIENCE_MS, { result: 'later', error })).toMatchObject({
      status: 'failed',
      last_error: 'given up after three days: why',
    });
  });
  test('that cannot be delivered because nobody is there: it waits as long as that takes', () => {
    expect(become(100 * PATIENCE_MS, { result: 'unreachable', error })).toMatchObject({ status: 'queued' });
  });
  test('that is met with silence five times since it was queued: perhaps it was delivered', () => {
    expect(become(0, { result: 'unanswered', error }, { attempts: 8 })).toMatchObject({ status: 'queued' });
    expect(become(0, { result: 'unanswered', error }, { attempts: 9 })).toMatchObject({
      status: 'failed',
      last_error: 'perhaps delivered: why',
    });
  });
  test('that fails: the reason does not quote the address', () => {
    const answer = '550 5.1.1 <ann@example.com>: no such user';
    expect(become(0, { result: 'refused', error: answer }).last_error).toBe('550 5.1.1 <(address)>: no such user');
  });
});

describe('an answer of the mail server', () => {
  test.each([
    ['no connection', { code: 'ESOCKET' }, 'unreachable'],
    ['no name', { code: 'EDNS' }, 'unreachable'],
    ['silence', { code: 'ETIMEDOUT' }, 'unreachable'],
    ['a wrong password', { code: 'EAUTH', responseCode: 535 }, 'unreachable'],
    ['going down', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 421 }, 'unreachable'],
    ['greylisting', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 450 }, 'later'],
    ['a full disk', { code: 'EMESSAGE', command: 'DATA', responseCode: 452 }, 'later'],
    ['a refused sender', { code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }, 'later'],
    ['our own timeout', { code: 'EABORT' }, 'unanswered'],
    ['no valid recipient', { code: 'EENVELOPE', command: 'API' }, 'refused'],
    ['a refused message', { code: 'EMESSAGE', command: 'DATA', responseCode: 554 }, 'refused'],
  ])('%s means %j → %s', (_, failure, result) => {
    expect(outcomeOf({ message: 'why', ...failure })).toEqual({ result, error: 'why' });
  });
});

describe('a recipient that is refused for good', () => {
  const refusal = (responseCode: number, response?: string) =>
    outcomeOf({ message: 'why', code: 'EENVELOPE', command: 'RCPT TO', responseCode, ...(response && { response }) });
  test.each([
    [550, undefined, true],
    [551, undefined, true],
    [553, undefined, true],
    [550, '550 5.1.1 no such user', true],
    [550, '550 5.1.10 no such domain', true],
    [550, '550 5.2.1 mailbox disabled', true],
    [552, undefined, false],
    [554, undefined, false],
    [550, '550 5.1.8 bad sender domain', false],
    [550, '550 5.2.2 mailbox full', false],
    [550, '550 5.7.1 listed as a sender of spam', false],
  ])('with %i %s is a dead address: %s', (code, response, dead) => {
    expect(refusal(code, response)).toEqual({ result: 'refused', error: 'why', ...(dead && { address: 'refused' }) });
  });
});
