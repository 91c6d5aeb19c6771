import { describe, expect, test } from 'vitest';
import type { OrderState } from '../../contracts/orders.ts';
import { audienceOf, contactOf, e164, newestContacts, recipientOn, unknownContact } from './contact.ts';
import type { KnownCustomer } from './customer-news.ts';

const order = { id: 'o', version: 3, customer_id: 'c', email: 'ann@example.com', name: 'Ann', number: 1 } as OrderState;
const ann: KnownCustomer = {
  customer_id: 'c',
  version: 1,
  email: 'ann@example.com',
  name: 'Ann',
  phone: '+1 (202) 555-0100',
  notify_by: ['email', 'sms'],
  erased: false,
};
const phone = '+12025550100';

describe('who is told, and how', () => {
  test.each([
    ['as the order says', { notify_by: ['sms'] }, ann, true, ['sms']],
    ['else as the account says', {}, ann, true, ['email', 'sms']],
    ['else by mail', {}, { ...ann, notify_by: null }, true, ['email']],
    ['by mail while nothing is known of the account', {}, undefined, true, ['email']],
    ['by mail when the shop sends no SMS', { notify_by: ['sms'] }, ann, false, ['email']],
    ['by mail when there is no number', { notify_by: ['sms'] }, { ...ann, phone: null }, true, ['email']],
    [
      'by mail when the number is none for abroad',
      { notify_by: ['sms'] },
      { ...ann, phone: '0202 5550100' },
      true,
      ['email'],
    ],
  ] as const)('%s', (_how, facts, account, sms, channels) => {
    const audience = audienceOf({ ...order, ...facts } as OrderState, account as KnownCustomer | undefined, sms);
    expect(audience.channels).toEqual(channels);
  });
  test('the number of the order comes before that of the account', () => {
    expect(audienceOf({ ...order, phone: '+44 (0)20 7946 0000' }, ann, true).phone).toBe('+442079460000');
    expect(audienceOf({ ...order, phone: '020 7946 0000' }, ann, true).phone).toBe(phone);
  });
});

describe('what is kept for later', () => {
  test('is how to reach them', () => {
    const contact = contactOf(order, audienceOf(order, ann, true));
    expect(contact).toMatchObject({ email: 'ann@example.com', phone, channels: ['email', 'sms'] });
  });
  test.each([
    ['an account that is closed', order, { ...ann, erased: true }],
    ['an order that is erased', { ...order, email: 'erased@customer.invalid' }, ann],
  ])('is nothing personal of %s', (_whose, facts, account) => {
    const contact = contactOf(facts, audienceOf(facts, account, true));
    expect(contact).toMatchObject({ version: 3, email: null, name: null, phone: null, guest_token: null });
  });
});

test('of the contacts of an order the newest counts, and an unknown one never wins', () => {
  const contact = (version: number) => ({ ...unknownContact('o'), version, email: `${version}@example.com` });
  expect(newestContacts([contact(2), contact(3), unknownContact('o'), contact(1)])).toEqual([contact(3)]);
  expect(newestContacts([unknownContact('o')])).toEqual([unknownContact('o')]);
});

test.each([
  ['+1 (202) 555-0100', phone],
  ['+1.202.555.0100', phone],
  ['+44 (0)20 7946 0000', '+442079460000'],
  ['202 555 0100', null],
  ['+0 202 555 0100', null],
  ['+12', null],
  ['+1234567890123456', null],
  [null, null],
])('the number %s is %s', (typed, number) => {
  expect(e164(typed)).toBe(number);
});

test.each([
  ['email', ' ann@example.com ', 'ann@example.com'],
  ['email', 'ann@example.com, ben@example.com', undefined],
  ['email', 'Ann <ann@example.com>', undefined],
  ['email', 'erased@customer.invalid', undefined],
  ['email', phone, undefined],
  ['sms', '+1 202 555 0100', phone],
  ['sms', 'ann@example.com', undefined],
] as const)('on %s, %j reaches %s', (channel, typed, recipient) => {
  expect(recipientOn(channel, typed)).toBe(recipient);
});
