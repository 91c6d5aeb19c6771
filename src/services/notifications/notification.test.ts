import { describe, expect, test } from 'vitest';
import type { CustomerNews, KnownCustomer } from './notification.ts';
import { learn, messageId, newestContacts, outcomeOf, resend, unknownContact } from './notification.ts';

const stranger: KnownCustomer = { customer_id: 'c', version: 0, email: null, name: null, erased: false };
const registered: CustomerNews = {
  type: 'customer.registered',
  data: { id: 'c', email: 'old@example.com', name: 'Ann', version: 1 },
};
const updated: CustomerNews = {
  type: 'customer.updated',
  data: { id: 'c', email: 'new@example.com', name: 'Ann', version: 2 },
};
const deleted: CustomerNews = { type: 'customer.deleted', data: { id: 'c', version: 3 } };

describe('what is learnt of customers', () => {
  test('a registration is welcomed', () => {
    expect(learn([stranger], [registered])).toMatchObject({
      welcomes: [{ dedupe_key: 'welcome:c', recipient: 'old@example.com', data: { name: 'Ann' } }],
      customers: [{ version: 1, email: 'old@example.com' }],
      moved: [],
      erased: [],
    });
  });
  test.each([
    [[registered, updated]],
    [[updated, registered]],
  ])('the newest address counts, in either order', (news) => {
    expect(learn([stranger], news)).toMatchObject({
      welcomes: [{ recipient: 'new@example.com' }],
      customers: [{ version: 2, email: 'new@example.com' }],
    });
  });
  test('a new address is followed from the old one, once', () => {
    const known = { ...stranger, version: 1, email: 'old@example.com' };
    const first = learn([known], [updated]);
    expect(first.moved).toEqual([{ customer_id: 'c', from: 'old@example.com', to: 'new@example.com' }]);
    expect(learn(first.customers, [updated]).moved).toEqual([]);
  });
  test.each([
    [[registered, deleted]],
    [[deleted, registered]],
    [[deleted, updated, registered]],
  ])('whoever is gone is not welcomed and not remembered, whatever comes late', (news) => {
    expect(learn([stranger], news)).toMatchObject({
      welcomes: [],
      moved: [],
      erased: ['c'],
      customers: [{ erased: true, email: null, name: null }],
    });
  });
});

test('of the contacts of an order the newest counts, and an unknown one never wins', () => {
  const contact = (version: number) => ({ ...unknownContact('o'), version, email: `${version}@example.com` });
  expect(newestContacts([contact(2), contact(3), unknownContact('o'), contact(1)])).toEqual([contact(3)]);
  expect(newestContacts([unknownContact('o')])).toEqual([unknownContact('o')]);
});

describe('the Message-ID', () => {
  test('is the same for every attempt and another for a resend', () => {
    expect(messageId('n', 0, 'Shop <shop@example.com>')).toBe('<n@example.com>');
    expect(messageId('n', 2, 'shop@example.com')).toBe('<n-r2@example.com>');
    expect(messageId('n', 0, 'nonsense')).toBe('<n@localhost>');
  });
});

describe('a resend', () => {
  test('of what was sent is another mail; of what never left, the same', () => {
    expect(resend({ status: 'sent', recipient: 'a@example.com', resends: 1 })).toBe(2);
    expect(resend({ status: 'failed', recipient: 'a@example.com', resends: 1 })).toBe(1);
  });
  test.each([
    ['queued', 'a@example.com'],
    ['waiting', null],
    ['sent', null],
    ['failed', null],
  ] as const)('of what is %s to %s is refused', (status, recipient) => {
    expect(resend({ status, recipient, resends: 0 })).toMatchObject({ rejected: { code: 'not-resendable' } });
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
    ['an unknown recipient', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, 'refused'],
    ['no valid recipient', { code: 'EENVELOPE', command: 'API' }, 'refused'],
    ['a refused message', { code: 'EMESSAGE', command: 'DATA', responseCode: 554 }, 'refused'],
  ])('%s means %j → %s', (_, failure, result) => {
    expect(outcomeOf({ message: 'why', ...failure })).toEqual({ result, error: 'why' });
  });
});
