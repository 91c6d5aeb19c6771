/**
 * The built-in card processor of development shops and tests. It behaves like one elsewhere: it takes its time, keeps
 * its own books (they survive our crashes), honours idempotency keys, and goes on working when we stop listening.
 *
 * Methods: `pm_success`; `pm_declined`; `pm_insufficient_funds`; `pm_slow` (5 s longer); `pm_flaky` (fails once, then
 * succeeds); `pm_lost_answer` (charges, but the first answer is lost). Any other is declined.
 */
import type { Database } from '../../platform/database.ts';
import { columns, sql } from '../../platform/database.ts';
import { createGroupCommit } from '../../platform/group-commit.ts';
import type { Charge, ChargeOutcome, PaymentMethods, PaymentProvider } from './provider.ts';
import { heard } from './provider.ts';

const SLOW_MS = 5_000;
const REMEMBERED = 10_000;

interface Verdict {
  outcome: 'succeeded' | 'declined';
  reason: string | null;
  label: string;
}

const VERDICTS: Record<string, Verdict> = {
  pm_success: { outcome: 'succeeded', reason: null, label: 'Test card: paid' },
  pm_slow: { outcome: 'succeeded', reason: null, label: 'Test card: paid after five seconds more' },
  pm_flaky: { outcome: 'succeeded', reason: null, label: 'Test card: fails once, then paid' },
  pm_lost_answer: { outcome: 'succeeded', reason: null, label: 'Test card: paid, but the first answer is lost' },
  pm_declined: { outcome: 'declined', reason: 'declined', label: 'Test card: declined' },
  pm_insufficient_funds: { outcome: 'declined', reason: 'insufficient_funds', label: 'Test card: not enough money' },
};
const UNKNOWN = { outcome: 'declined', reason: 'unknown_payment_method' } as const;

const METHODS: PaymentMethods = {
  pattern: `^(${Object.keys(VERDICTS).join('|')})$`,
  default_method: 'pm_success',
  methods: Object.entries(VERDICTS).map(([id, { label }]) => ({ id, label })),
  test: true,
};

interface Entry {
  key: string;
  amount: number;
  currency: string;
  method: string;
  /** What the first call for a key writes; null: it gets nowhere. */
  outcome: string | null;
  /** What a later call writes if the first got nowhere. */
  verdict: string;
  reason: string | null;
  transaction_id: string;
}
interface Booked {
  key: string;
  outcome: 'succeeded' | 'declined' | 'cancelled' | null;
  reason: string | null;
  transaction_id: string;
  calls: number;
}

const BOOK = sql(`
  insert into test_provider_charges (key, amount, currency, method, outcome, verdict, reason, transaction_id)
  select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
  on conflict (key) do update set calls = test_provider_charges.calls + 1,
    outcome = coalesce(test_provider_charges.outcome, excluded.verdict)
  returning key, outcome, reason, transaction_id, calls`);
const REFUND = sql(`
  insert into test_provider_refunds (key, charge_key, amount) values ($1, $2, $3) on conflict do nothing`);

export function createTestProvider(db: Database, latencyMs: number): PaymentProvider {
  const books = createGroupCommit<Entry, Booked>({
    write: async (entries) => {
      const rows = await db.query<Booked>(
        BOOK,
        columns(entries, 'key', 'amount', 'currency', 'method', 'outcome', 'verdict', 'reason', 'transaction_id'),
      );
      const byKey = new Map(rows.map((row) => [row.key, row]));
      return entries.map(({ key }) => byKey.get(key) as Booked);
    },
  });
  // One call at a time for a key: a repeat joins the work that goes on.
  const answered = new Set<string>();
  const working = new Map<string, Promise<unknown>>();

  function join<T>(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let running = working.get(key) as Promise<T> | undefined;
    if (!running) {
      running = work().finally(() => working.delete(key));
      working.set(key, running);
      running.catch(() => {});
    }
    return heard(running, signal);
  }

  function remember(key: string): void {
    if (answered.size >= REMEMBERED) answered.clear();
    answered.add(key);
  }

  async function charge({ key, amount, currency, method }: Charge): Promise<ChargeOutcome> {
    // A key it has booked is answered at once.
    if (!answered.has(key)) await sleep(latencyMs + (method === 'pm_slow' ? SLOW_MS : 0));
    const { outcome, reason } = VERDICTS[method] ?? UNKNOWN;
    const entry = { key, amount, currency, method, reason, verdict: outcome, transaction_id: `ch_${key}` };
    const booked = await books.add({ ...entry, outcome: method === 'pm_flaky' ? null : outcome });
    remember(key);
    if (booked.outcome === null) throw new Error('test provider: temporary failure (pm_flaky)');
    if (method === 'pm_lost_answer' && booked.calls === 1) throw new Error('test provider: the answer was lost');
    if (booked.outcome === 'succeeded') return { outcome: 'succeeded', transaction_id: booked.transaction_id };
    return { outcome: 'declined', reason: booked.reason ?? booked.outcome };
  }

  async function cancel({ key, amount, currency, method }: Charge) {
    await sleep(latencyMs);
    const entry = { key, amount, currency, method, reason: null, transaction_id: `ch_${key}` };
    const booked = await books.add({ ...entry, outcome: 'cancelled', verdict: 'cancelled' });
    if (booked.outcome !== 'succeeded') return { charged: false } as const;
    return { charged: true, transaction_id: booked.transaction_id } as const;
  }

  return {
    name: 'test',
    methods: METHODS,
    accepts: () => true,
    charge: (request, signal) => join(request.key, () => charge(request), signal),
    // After a charge that is still going on: the answer must be the last word on the key.
    cancel: async (request, signal) => {
      await working.get(request.key)?.catch(() => {});
      return join(request.key, () => cancel(request), signal);
    },
    refund: async ({ key, charge_key, amount }, signal) => {
      await heard(sleep(latencyMs), signal);
      await db.query(REFUND, [key, charge_key, amount]);
      return { outcome: 'succeeded', reference: null };
    },
  };
}

const sleep = (ms: number) => (ms > 0 ? new Promise<void>((resolve) => setTimeout(resolve, ms)) : Promise.resolve());
