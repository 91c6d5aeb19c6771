/** Orders, money and speed over time. */
import { useState } from 'react';
import { duration, LANGUAGE, money, number } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { Chart } from './chart.tsx';
import type { CardProps } from './figures.tsx';
import type { Statistics } from './reads.ts';

const FORMATS: Record<Statistics['step'], Intl.DateTimeFormat> = {
  minute: new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'short' }),
  hour: new Intl.DateTimeFormat(LANGUAGE, { weekday: 'short', hour: 'numeric', minute: '2-digit' }),
  // Days are the shop's books', which begin at midnight UTC.
  day: new Intl.DateTimeFormat(LANGUAGE, { month: 'short', day: 'numeric', timeZone: 'UTC' }),
};
const timeOf =
  ({ step }: Statistics) =>
  (at: string) =>
    at === '' ? '' : FORMATS[step].format(new Date(at));
const PER: Record<Statistics['step'], string> = { minute: 'a minute', hour: 'an hour', day: 'a day' };

const shortMoney = (value: number, currency: string) =>
  new Intl.NumberFormat(LANGUAGE, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    maximumFractionDigits: 1,
  }).format(value);

function Nothing({ what }: { what: string }) {
  return <p className="nothing soft">No {what} in this span.</p>;
}

export function OrdersCard({ statistics }: CardProps) {
  const step = statistics.data?.step;
  return (
    <Panel title={`Orders ${step ? PER[step] : ''}`}>
      <Loaded query={statistics} lines={7}>
        {(data) =>
          data.totals.placed + data.totals.failed === 0 ? (
            <Nothing what="orders" />
          ) : (
            <Chart
              label="Orders"
              whole
              times={data.points.map(({ at }) => at)}
              timeOf={timeOf(data)}
              format={number}
              series={[
                { name: 'Placed', look: 'columns', tone: 'accent', values: data.points.map(({ placed }) => placed) },
                { name: 'Failed', look: 'thin', tone: 'bad', values: data.points.map(({ failed }) => failed) },
              ]}
            />
          )
        }
      </Loaded>
      {statistics.data?.uncounted && <p className="soft small">A part of this span is still being counted.</p>}
    </Panel>
  );
}

export function RevenueCard({ statistics }: CardProps) {
  const [chosen, setChosen] = useState<string>();
  const { data } = statistics;
  const currencies = Object.entries(data?.totals.revenue ?? {})
    .sort(([, a], [, b]) => Number(b) - Number(a))
    .map(([currency]) => currency);
  const currency = chosen && currencies.includes(chosen) ? chosen : currencies[0];
  return (
    <Panel
      title="Revenue"
      actions={
        currencies.length > 1 && (
          <fieldset className="segments" aria-label="Currency">
            {currencies.map((one) => (
              <button key={one} type="button" aria-pressed={one === currency} onClick={() => setChosen(one)}>
                {one}
              </button>
            ))}
          </fieldset>
        )
      }
    >
      <Loaded query={statistics} lines={7}>
        {({ points, ...rest }) =>
          currency === undefined ? (
            <Nothing what="revenue" />
          ) : (
            <Chart
              label={`Revenue in ${currency}`}
              times={points.map(({ at }) => at)}
              timeOf={timeOf({ points, ...rest })}
              tick={(value) => shortMoney(value, currency)}
              // Of a drawing: the books are not kept in these numbers.
              format={(value) => money(String(Math.round(value * 100) / 100), currency)}
              series={[
                {
                  name: 'Confirmed',
                  look: 'columns',
                  tone: 'accent',
                  values: points.map(({ revenue }) => Number(revenue[currency] ?? 0)),
                },
                {
                  name: 'Refunded',
                  look: 'thin',
                  tone: 'sail',
                  values: points.map(({ refunded }) => Math.max(0, Number(refunded[currency] ?? 0))),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

export function LatencyCard({
  statistics,
  of,
  title,
}: CardProps & { of: 'checkout_ms' | 'confirm_ms'; title: string }) {
  return (
    <Panel title={title}>
      <Loaded query={statistics} lines={7}>
        {(data) =>
          data.totals[of] === null ? (
            <Nothing what={of === 'checkout_ms' ? 'checkouts' : 'confirmed orders'} />
          ) : (
            <Chart
              label={title}
              times={data.points.map(({ at }) => at)}
              timeOf={timeOf(data)}
              format={duration}
              series={[
                {
                  name: 'Median (p50)',
                  look: 'line',
                  tone: 'accent',
                  values: data.points.map((point) => point[of]?.p50 ?? null),
                },
                {
                  name: 'Slowest hundredth (p99)',
                  look: 'dashed',
                  tone: 'sail',
                  values: data.points.map((point) => point[of]?.p99 ?? null),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
