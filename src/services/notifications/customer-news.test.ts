import { describe, expect, test } from 'vitest';
import type { CustomerNews, KnownCustomer } from './customer-news.ts';
import { learn as learnAt } from './customer-news.ts';

const now = new Date('2026-01-01T12:00:00Z');
const learn = (known: KnownCustomer[], news: CustomerNews[]) => learnAt(known, news, now);
const nothing = { email: null, name: null, phone: null, notify_by: null };
const stranger: KnownCustomer = { customer_id: 'c', version: 0, ...nothing, erased: false };
const known: KnownCustomer = { ...stranger, version: 1, email: 'old@example.com', name: 'Ann' };
const registered: CustomerNews = {
  id: 'm1',
  type: 'customer.registered',
  data: { id: 'c', email: 'old@example.com', name: 'Ann', version: 1 },
};
const updated: CustomerNews = {
  id: 'm2',
  type: 'customer.updated',
  data: { id: 'c', email: 'new@example.com', name: 'Ann', phone: '+1 555 0100', notify_by: ['sms'], version: 2 },
};
const deleted: CustomerNews = { id: 'm3', type: 'customer.deleted', data: { id: 'c', version: 3 } };
const asked = (expires_at: string): CustomerNews => ({
  id: 'm4',
  type: 'customer.password_reset_requested',
  data: { id: 'c', email: 'old@example.com', name: 'Ann', token: 'secret', expires_at },
});
const changed: CustomerNews = {
  id: 'm5',
  type: 'customer.password_changed',
  data: { id: 'c', email: 'old@example.com', name: 'Ann', changed_at: now.toISOString() },
};

test('a registration is welcomed', () => {
  expect(learn([stranger], [registered])).toMatchObject({
    drafts: [{ dedupe_key: 'welcome:c', recipient: 'old@example.com', data: { name: 'Ann' } }],
    customers: [{ version: 1, email: 'old@example.com', phone: null, notify_by: null }],
    moved: [],
    erased: [],
  });
});

test.each([
  [[registered, updated]],
  [[updated, registered]],
])('the newest address, number and choice count, in either order', (news) => {
  expect(learn([stranger], news)).toMatchObject({
    drafts: [{ kind: 'welcome', recipient: 'new@example.com' }],
    customers: [{ version: 2, email: 'new@example.com', phone: '+1 555 0100', notify_by: ['sms'] }],
  });
});

test('a new address is followed from the old one, which is warned, once', () => {
  const first = learn([known], [updated]);
  expect(first.moved).toEqual([{ customer_id: 'c', from: 'old@example.com', to: 'new@example.com' }]);
  expect(first.drafts).toMatchObject([
    { kind: 'email_changed', recipient: 'old@example.com', dedupe_key: 'email_changed:c:2', channel: 'email' },
  ]);
  expect(learn(first.customers, [updated])).toMatchObject({ moved: [], drafts: [] });
});

test.each([
  [[registered, deleted]],
  [[deleted, registered]],
  [[deleted, updated, registered]],
  [[deleted, asked('2026-01-01T13:00:00Z'), changed]],
])('whoever is gone is told nothing and not remembered, whatever comes late', (news) => {
  expect(learn([stranger], news)).toMatchObject({
    drafts: [],
    moved: [],
    erased: ['c'],
    customers: [{ erased: true, ...nothing }],
  });
});

describe('a password', () => {
  test('that was forgotten is asked for by mail, whatever the customer prefers, and the secret is to be forgotten', () => {
    const { drafts } = learn([{ ...known, notify_by: ['sms'] }], [asked('2026-01-01T13:00:00Z')]);
    expect(drafts).toMatchObject([
      { kind: 'password_reset', channel: 'email', expires_at: '2026-01-01T13:00:00Z', forget: 'data', hopeless: null },
    ]);
  });
  test('is not asked for with a link that is dead already', () => {
    const { drafts } = learn([known], [asked('2026-01-01T12:00:00Z')]);
    expect(drafts).toMatchObject([{ data: null, hopeless: expect.stringContaining('no use') }]);
  });
  test('that was changed is told', () => {
    expect(learn([known], [changed]).drafts).toMatchObject([
      { kind: 'password_changed', recipient: 'old@example.com' },
    ]);
  });
  test('tells nothing about the profile: what is known stays', () => {
    expect(learn([known], [changed]).customers).toEqual([known]);
  });
});
