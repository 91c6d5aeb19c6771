import { expect, test } from 'vitest';
import { type Profile, profileChanges } from './profile-changes.ts';

const BEFORE: Profile = {
  name: 'Ada',
  phone: null,
  notify_by: ['email', 'sms'],
  address: { country: 'GB', line1: '12 St James Square', city: 'London' },
};

test('what was not touched is not sent, in whatever order it comes', () => {
  const address = { line1: '12 St James Square', line2: '', city: 'London', country: 'GB' };
  expect(profileChanges(BEFORE, { ...BEFORE, notify_by: ['sms', 'email'], address })).toEqual({});
  expect(profileChanges({ ...BEFORE, address: ' 1 Road\nTown' }, { ...BEFORE, address: '1 Road\nTown' })).toEqual({});
});

test('what differs is sent, and an address as a whole', () => {
  const address = { line1: '1 Rua Augusta', city: 'London', country: 'GB' };
  expect(profileChanges(BEFORE, { ...BEFORE, phone: '+351 1' })).toEqual({ phone: '+351 1' });
  expect(profileChanges(BEFORE, { ...BEFORE, name: null, notify_by: ['email'] })).toEqual({
    name: null,
    notify_by: ['email'],
  });
  expect(profileChanges(BEFORE, { ...BEFORE, address })).toEqual({ address });
  expect(profileChanges(BEFORE, { ...BEFORE, address: null })).toEqual({ address: null });
});
