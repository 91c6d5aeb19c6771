/** How the shop is doing: orders, money, speed, trouble, and whether every part of it answers. */
import { useAddress } from '../list/address.ts';
import { PageHead } from '../page-head.tsx';
import { FailuresCard, WaitingCard } from './failures.tsx';
import { Figures } from './figures.tsx';
import { HealthCard } from './health.tsx';
import { LowStockCard } from './low-stock.tsx';
import { LatencyCard, OrdersCard, RevenueCard } from './over-time.tsx';
import { RANGES, type Range, useStatistics } from './reads.ts';
import { TroublesCard } from './troubles.tsx';

export function DashboardPage() {
  const address = useAddress();
  const range = address.oneOf('range', Object.keys(RANGES) as Range[]) ?? '24h';
  const statistics = useStatistics(range);
  const shared = { statistics, range };
  return (
    <div className="page dashboard">
      <PageHead title="Dashboard">
        <fieldset className="segments" aria-label="Span of time">
          {(Object.keys(RANGES) as Range[]).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={range === one}
              onClick={() => address.set({ range: one === '24h' ? '' : one }, { replace: true })}
            >
              {RANGES[one].label}
            </button>
          ))}
        </fieldset>
      </PageHead>
      <Figures {...shared} />
      <div className="cards" data-old={statistics.isPlaceholderData}>
        <OrdersCard {...shared} />
        <RevenueCard {...shared} />
        <LatencyCard {...shared} of="confirm_ms" title="Time to confirm" />
        <LatencyCard {...shared} of="checkout_ms" title="Checkout" />
      </div>
      <div className="cards thirds">
        <WaitingCard {...shared} />
        <FailuresCard {...shared} />
        <TroublesCard />
        <LowStockCard />
        <HealthCard />
      </div>
    </div>
  );
}
