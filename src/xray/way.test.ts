/** The way of an order through the rooms, in the order of time, each step after the word it followed. */
import { expect, test } from 'vitest';
import type { Story } from '../../test/xray-facts.ts';
import { cancelled, factsOf, held, incoming, inSeconds, paid, placed, refundOf, stuck } from '../../test/xray-facts.ts';
import { wayOf } from './way.ts';

const way = (story: Story) => wayOf(factsOf(story)).map(({ room, from, what, tone }) => [room, from, what, tone]);

test('an order that was cancelled goes all the way back', () => {
  const at = { created_at: inSeconds(0), updated_at: inSeconds(1) };
  const story: Story = {
    history: [placed, held, paid, cancelled],
    stock: 'restored',
    payment: { void_requested: true, created_at: inSeconds(-2.5), refunds: [refundOf(at)] },
    mails: [
      { kind: 'refunded', status: 'queued', created_at: inSeconds(2), sent_at: null },
      { kind: 'cancelled', sent_at: inSeconds(0.5) },
    ],
  };
  expect(way(story)).toEqual([
    ['orders', null, 'Placed', 'plain'],
    ['orders', 'inventory', 'Its goods are held: awaiting payment', 'plain'],
    ['payments', 'orders', 'Is to charge 20.00 EUR', 'plain'],
    ['payments', null, 'Charged', 'good'],
    ['orders', 'payments', 'It is paid: confirmed', 'good'],
    ['orders', null, 'Cancelled', 'plain'],
    ['inventory', 'orders', 'Holds 2 × Lamp', 'plain'],
    ['inventory', 'orders', 'Gives back 2 × Lamp', 'plain'],
    ['payments', 'orders', 'Is to give back 20.00 EUR', 'plain'],
    ['notifications', 'orders', 'The mail that it was cancelled: sent', 'plain'],
    ['payments', null, 'Gave back 20.00 EUR', 'plain'],
    ['notifications', 'payments', 'The mail about the refund: to be sent', 'plain'],
  ]);
});

test('attempts that failed are on the way, the last three of each message', () => {
  const errors = [1, 2, 3, 4, 5].map((n) => ({ at: inSeconds(n), error: `no ${n}` }));
  const story: Story = {
    history: [placed],
    messages: {
      inventory: { incoming: [incoming('order.placed', 'orders', { attempts: 5, errors })] },
      payments: { dead: [stuck('order.failed', 'orders', { errors: [{ at: inSeconds(9), error: 'never' }] })] },
    },
  };
  expect(way(story).slice(1)).toEqual([
    ...[3, 4, 5].map((n) => [
      ...['inventory', 'orders', `Could not handle the news that it was placed: no ${n}`, 'bad'],
    ]),
    ['payments', 'orders', 'Could not handle the news that it has failed: never', 'bad'],
  ]);
});

test('of many products the first are named', () => {
  const facts = factsOf({ history: [placed], stock: 'held' });
  const [movement] = facts.inventory?.movements ?? [];
  if (!facts.inventory || !movement) throw new Error('there is no movement');
  const movements = ['P1', 'P2', 'P3', 'P4', 'P5'].map((product_id) => ({ ...movement, product_id }));
  const marks = wayOf({ ...facts, inventory: { ...facts.inventory, movements } });
  expect(marks.find(({ room }) => room === 'inventory')?.what).toBe('Holds 2 × Lamp, 2 × P2, 2 × P3, 2 more');
});

test('what a room that is away has done is missing, and nothing else', () => {
  const story: Story = { history: [placed, held], stock: 'held', payment: { status: 'processing' } };
  const rooms = (more: Story) => wayOf(factsOf({ ...story, ...more })).map(({ room }) => room);
  expect(rooms({}).sort()).toEqual(['inventory', 'orders', 'orders', 'payments']);
  expect(rooms({ away: ['orders', 'payments'] })).toEqual(['inventory']);
});
