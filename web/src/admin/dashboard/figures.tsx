/** The figures of the span at a glance. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Skeleton } from '../../ui/kit.tsx';
import { duration, LANGUAGE, money, number } from '../../ui/words.tsx';
import type { Range, Statistics } from './reads.ts';

export interface CardProps {
  statistics: UseQueryResult<Statistics>;
  range: Range;
}

const percent = new Intl.NumberFormat(LANGUAGE, { style: 'percent', maximumFractionDigits: 1 });

export function Figures({ statistics: { data, isError } }: CardProps) {
  const totals = data?.totals;
  // Why is told by the cards below.
  const unknown = isError && !totals ? '–' : undefined;
  const ended = totals ? totals.confirmed + totals.failed : 0;
  return (
    <section className="figure-row" aria-label="At a glance">
      <Figure name="Orders placed" value={totals ? number(totals.placed) : unknown}>
        {totals && `${number(totals.confirmed)} confirmed`}
      </Figure>
      <Figure name="Revenue" value={totals ? (sums(totals.revenue)[0] ?? '–') : unknown}>
        {totals && aboutRevenue(totals)}
      </Figure>
      <Figure name="Failed" value={totals ? number(totals.failed) : unknown}>
        {totals && (ended > 0 ? `${percent.format(totals.failed / ended)} of those decided` : 'none decided yet')}
      </Figure>
      <Figure
        name="Time to confirm"
        value={totals ? (totals.confirm_ms ? duration(totals.confirm_ms.p50) : '–') : unknown}
      >
        {totals?.confirm_ms && `${duration(totals.confirm_ms.p99)} for the slowest hundredth`}
      </Figure>
      <Figure name="Checkout" value={totals ? (totals.checkout_ms ? duration(totals.checkout_ms.p50) : '–') : unknown}>
        {totals?.checkout_ms && `${duration(totals.checkout_ms.p99)} for the slowest hundredth`}
      </Figure>
    </section>
  );
}

/** The largest first, by the number that is written: currencies are not compared, only shown. */
const sums = (amounts: Record<string, string>) =>
  Object.entries(amounts)
    .sort(([, a], [, b]) => Number(b) - Number(a))
    .map(([currency, amount]) => money(amount, currency));

function aboutRevenue({ revenue, refunded }: Statistics['totals']): string {
  const others = sums(revenue).slice(1);
  const back = sums(refunded);
  return [others.length > 0 && `and ${others.join(', ')}`, back.length > 0 && `refunded ${back.join(', ')}`]
    .filter(Boolean)
    .join(' · ');
}

function Figure({ name, value, children }: { name: string; value: ReactNode; children?: ReactNode }) {
  return (
    <div className="panel figure numbers">
      <span className="soft">{name}</span>
      {value === undefined ? <Skeleton width="5rem" height="1.6rem" /> : <strong>{value}</strong>}
      <span className="soft small">{children || '\u00a0'}</span>
    </div>
  );
}
