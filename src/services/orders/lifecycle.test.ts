import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OrderStatus } from '../../contracts/orders.ts';
import { isIgnored } from '../../platform/state-machine.ts';
import type { Input, Learnt, Life } from './lifecycle.ts';
import { FINISHED, INPUTS, LIFECYCLE, legalStatuses, NEXT, step } from './lifecycle.ts';

const STATUSES = OrderStatus.enum as OrderStatus[];
const NOW = new Date('2026-03-01T12:00:00.000Z');
const DEADLINES = { pending: 120, awaiting_payment: 900 };
const WAITING: OrderStatus[] = ['pending', 'awaiting_payment'];

/** Every step there is; whatever is not named here is ignored. */
const STEPS: Record<string, string> = {
  'pending + stock_deducted': 'awaiting_payment',
  'pending + stock_refused': 'failed (out_of_stock)',
  'pending + deadline': 'failed (timed_out)',
  'pending + cancel': 'cancelled',
  'awaiting_payment + payment_processed': 'confirmed',
  'awaiting_payment + payment_failed': 'failed (payment_declined)',
  'awaiting_payment + deadline': 'failed (timed_out)',
  'awaiting_payment + cancel': 'cancelled',
  'confirmed + cancel': 'cancelled',
  'confirmed + ship': 'shipped',
  'shipped + deliver': 'delivered',
};

function life(status: OrderStatus): Life {
  return {
    id: 'o-1',
    status,
    reason: status === 'failed' || status === 'cancelled' ? 'timed_out' : null,
    version: 7,
    updated_at: '2026-03-01T11:00:00.000Z',
    deadline_at: WAITING.includes(status) ? '2026-03-01T13:00:00.000Z' : null,
    refunded_amount: 0,
  };
}

const learnt = (input: Input, more: Partial<Learnt> = {}): Learnt => ({
  order_id: 'o-1',
  input,
  event: `test.${input}`,
  ...more,
});
const cells = STATUSES.flatMap((status) => INPUTS.map((input) => [status, input] as const));

describe('every cell of the table', () => {
  test.each(cells)('%s + %s', (status, input) => {
    const before = life(status);
    const { order, entry, moved } = step(before, learnt(input), NOW, DEADLINES);
    const expected = STEPS[`${status} + ${input}`];
    if (expected === undefined) {
      expect(moved).toBe(false);
      expect(order).toEqual({ ...before, version: 8 });
    } else {
      expect(moved).toBe(true);
      const reason = order.status === 'failed' ? ` (${order.reason})` : '';
      expect(`${order.status}${reason}`).toBe(expected);
      expect(order.updated_at).toBe(NOW.toISOString());
    }
    expect(entry).toMatchObject({ order_id: 'o-1', version: 8, event: `test.${input}`, status: order.status });
  });

  test('a cell that is ignored says why', () => {
    for (const [status, input] of cells) {
      const cell = LIFECYCLE[status][input];
      if (isIgnored(cell)) expect(cell.ignore.length).toBeGreaterThan(5);
    }
  });
});

describe('what the timeline says', () => {
  const note = (status: OrderStatus, input: Input, more: Partial<Learnt> = {}) =>
    step(life(status), learnt(input, more), NOW, DEADLINES).entry.note;

  test('a late success after the order ended will be refunded or given back, and says so', () => {
    for (const ended of ['failed', 'cancelled'] as const) {
      expect(note(ended, 'payment_processed')).toMatch(/^ignored: .*refunds/);
      expect(note(ended, 'stock_deducted')).toMatch(/^ignored: .*gives the stock back/);
    }
  });

  test('a refund is told with what came with it, not as ignored', () => {
    expect(note('cancelled', 'payment_refunded', { note: '10.00 USD: the order ended' })).toBe(
      '10.00 USD: the order ended',
    );
    expect(note('cancelled', 'stock_restored')).toBeNull();
  });

  test('refunds add up, whatever the order has become', () => {
    const refund = learnt('payment_refunded', { refunded: 500 });
    const once = step(life('delivered'), refund, NOW, DEADLINES).order;
    expect(step(once, refund, NOW, DEADLINES).order.refunded_amount).toBe(1000);
    expect(step(once, learnt('account_closed'), NOW, DEADLINES).order.refunded_amount).toBe(500);
  });

  test('a refund that failed after all takes its amount off again, before or after it was added', () => {
    const [added, taken] = [
      learnt('payment_refunded', { refunded: 500 }),
      learnt('refund_failed', { refunded: -500, note: '5.00 USD: expired' }),
    ];
    for (const status of STATUSES) {
      for (const order of [
        [added, taken],
        [taken, added],
      ]) {
        const end = order.reduce((now, one) => step(now, one, NOW, DEADLINES).order, life(status));
        expect(end).toMatchObject({ refunded_amount: 0, status });
      }
      expect(note(status, 'refund_failed', { note: '5.00 USD: expired' })).toBe('5.00 USD: expired');
    }
  });

  test('a failure is told by its reason unless more is known', () => {
    expect(note('pending', 'stock_refused')).toBe('out_of_stock');
    expect(note('pending', 'stock_refused', { note: 'short of PROD001' })).toBe('short of PROD001');
  });

  test('a cancellation keeps the reason it came with', () => {
    const { order } = step(life('confirmed'), learnt('cancel', { reason: 'changed my mind' }), NOW, DEADLINES);
    expect(order.reason).toBe('changed my mind');
    expect(step(life('confirmed'), learnt('cancel'), NOW, DEADLINES).order.reason).toBe('cancelled');
  });
});

test('a waiting order gives up after its own time', () => {
  const { order } = step(life('pending'), learnt('stock_deducted'), NOW, DEADLINES);
  expect(order.deadline_at).toBe('2026-03-01T12:15:00.000Z');
});

test('a person may set what the table allows, and nothing else', () => {
  const legal = Object.fromEntries(STATUSES.map((status) => [status, legalStatuses(status).sort()]));
  expect(legal).toEqual({
    pending: ['cancelled'],
    awaiting_payment: ['cancelled'],
    confirmed: ['cancelled', 'shipped'],
    shipped: ['delivered'],
    delivered: [],
    failed: [],
    cancelled: [],
  });
});

test('only what is finished waits for nothing', () => {
  expect(STATUSES.filter((status) => NEXT[status] === null).sort()).toEqual([...FINISHED].sort());
});

describe('whatever comes, in whatever order and however often', () => {
  const sequences = fc.array(fc.constantFrom(...INPUTS), { maxLength: 40 });

  function walk(inputs: readonly Input[]): Life[] {
    const lives = [life('pending')];
    for (const input of inputs) lives.push(step(lives.at(-1) as Life, learnt(input), NOW, DEADLINES).order);
    return lives;
  }

  test('an order that has ended never moves again', () => {
    fc.assert(
      fc.property(sequences, (inputs) => {
        const statuses = walk(inputs).map(({ status }) => status);
        const ended = statuses.findIndex((status) => FINISHED.includes(status));
        if (ended >= 0) expect(new Set(statuses.slice(ended)).size).toBe(1);
      }),
    );
  });

  test('what has left is never cancelled and never fails', () => {
    fc.assert(
      fc.property(sequences, (inputs) => {
        const statuses = walk(inputs).map(({ status }) => status);
        const left = statuses.indexOf('shipped');
        if (left >= 0) for (const status of statuses.slice(left)) expect(['shipped', 'delivered']).toContain(status);
      }),
    );
  });

  test('the version grows by one with each input', () => {
    fc.assert(
      fc.property(sequences, (inputs) => {
        expect(walk(inputs).map(({ version }) => version)).toEqual(
          Array.from({ length: inputs.length + 1 }, (_, i) => 7 + i),
        );
      }),
    );
  });

  test('there is a deadline exactly while it waits, and a reason exactly when it went wrong', () => {
    fc.assert(
      fc.property(sequences, (inputs) => {
        for (const { status, deadline_at, reason } of walk(inputs)) {
          expect(deadline_at !== null).toBe(WAITING.includes(status));
          expect(reason !== null).toBe(['failed', 'cancelled'].includes(status));
        }
      }),
    );
  });

  test('every status can be reached, and from every waiting one a deadline ends it', () => {
    const reached = new Set<OrderStatus>(['pending']);
    for (const status of reached) {
      for (const input of INPUTS) reached.add(step(life(status), learnt(input), NOW, DEADLINES).order.status);
    }
    expect([...reached].sort()).toEqual([...STATUSES].sort());
    for (const status of WAITING) {
      expect(step(life(status), learnt('deadline'), NOW, DEADLINES).order.status).toBe('failed');
    }
  });
});
