/** What the dashboard reads, each card for itself, again and again while somebody looks. */
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { ListLevels, type StockStatus } from '../../../../src/contracts/inventory.ts';
import { ListNotifications } from '../../../../src/contracts/notifications.ts';
import { GetStatistics } from '../../../../src/contracts/orders.ts';
import { ListPayments, ListRefunds, ListWebhookEvents } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';

const HOUR = 3_600_000;
export const RANGES = {
  '1h': { label: '1 hour', ms: HOUR, refreshMs: 5_000 },
  '24h': { label: '24 hours', ms: 24 * HOUR, refreshMs: 15_000 },
  '7d': { label: '7 days', ms: 7 * 24 * HOUR, refreshMs: 60_000 },
  '30d': { label: '30 days', ms: 30 * 24 * HOUR, refreshMs: 60_000 },
  '1y': { label: '1 year', ms: 365 * 24 * HOUR, refreshMs: 300_000 },
} as const;
export type Range = keyof typeof RANGES;

export function useStatistics(range: Range) {
  const { ms, refreshMs } = RANGES[range];
  return useQuery({
    queryKey: ['statistics', range],
    queryFn: ({ signal }) => call(GetStatistics, { query: { from: new Date(Date.now() - ms).toISOString() }, signal }),
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });
}
export type Statistics = NonNullable<ReturnType<typeof useStatistics>['data']>;

export function useLevelsThatAre(status: StockStatus, limit: number) {
  return useQuery({
    queryKey: ['stock', 'list', 'dashboard', status, limit],
    queryFn: ({ signal }) => call(ListLevels, { query: { status, limit }, signal }),
    refetchInterval: 30_000,
  });
}

/** Counted as far as anybody wants to know: more than this is "many". */
export const COUNTED = 50;
const REFRESH_MS = 30_000;

export interface Trouble {
  label: string;
  to: string;
  /** Undefined while it is not known. */
  count: number | undefined;
  isError: boolean;
}

const limit = COUNTED;
const TROUBLES = [
  {
    label: 'Refunds that failed',
    to: '/payments/refunds?status=failed',
    read: (signal: AbortSignal) => call(ListRefunds, { query: { status: 'failed', limit }, signal }),
  },
  {
    label: 'Disputed payments',
    to: '/payments?status=disputed',
    read: (signal: AbortSignal) => call(ListPayments, { query: { disputed: true, limit }, signal }),
  },
  {
    label: 'Provider events refused',
    to: '/payments/events?status=refused',
    read: (signal: AbortSignal) => call(ListWebhookEvents, { query: { status: 'refused', limit }, signal }),
  },
  {
    label: 'Provider events unmatched',
    to: '/payments/events?status=unmatched',
    read: (signal: AbortSignal) => call(ListWebhookEvents, { query: { status: 'unmatched', limit }, signal }),
  },
  {
    label: 'Messages that failed',
    to: '/notifications?status=failed',
    read: (signal: AbortSignal) => call(ListNotifications, { query: { status: 'failed', limit }, signal }),
  },
];

/** What a person should look after, from every room. */
export function useTroubles(): Trouble[] {
  const answers = useQueries({
    queries: TROUBLES.map(({ to, read }) => ({
      queryKey: ['troubles', to],
      queryFn: async ({ signal }: { signal: AbortSignal }) => (await read(signal)).items.length,
      refetchInterval: REFRESH_MS,
    })),
  });
  return TROUBLES.map(({ label, to }, index) => ({
    label,
    to,
    count: answers[index]?.data,
    isError: answers[index]?.isError ?? false,
  }));
}
