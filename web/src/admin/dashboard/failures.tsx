/** Why orders failed, and which ones wait. */
import { Link } from 'react-router';
import { FailureReason } from '../../../../src/contracts/orders.ts';
import { Icon } from '../../ui/icon.tsx';
import { number, Time } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import type { CardProps } from './figures.tsx';
import type { Range } from './reads.ts';

const REASONS: Record<(typeof FailureReason)['enum'][number], string> = {
  out_of_stock: 'Sold out',
  payment_declined: 'Payment declined',
  timed_out: 'Took too long',
};
/** The order list's name for the same span. */
const WITHIN: Record<Range, string> = { '1h': '1h', '24h': '24h', '7d': '7d', '30d': '30d', '1y': '365d' };

export function FailuresCard({ statistics, range }: CardProps) {
  return (
    <Panel title="Failures" actions={<Link to={`/orders?status=failed&within=${WITHIN[range]}`}>Orders</Link>}>
      <Loaded query={statistics} lines={3}>
        {({ totals: { failures, failed } }) => (
          <ul className="bars">
            {FailureReason.enum.map((reason) => (
              <li key={reason}>
                <span>{REASONS[reason]}</span>
                <strong className="numbers">{number(failures[reason])}</strong>
                <svg aria-hidden="true">
                  <rect width="100%" height="100%" className="room" />
                  <rect
                    width={`${failed > 0 ? (failures[reason] / failed) * 100 : 0}%`}
                    height="100%"
                    className="part"
                  />
                </svg>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

export function WaitingCard({ statistics }: CardProps) {
  return (
    <Panel title="Waiting now" actions={<Link to="/orders?status=stuck">Stuck orders</Link>}>
      <Loaded query={statistics} lines={3}>
        {({ waiting: { pending, awaiting_payment, oldest_at, stuck } }) => (
          <>
            <ul className="rows numbers">
              <li>
                <Link to="/orders?status=pending" className="grow plain-link">
                  Checking stock
                </Link>
                <strong>{number(pending)}</strong>
              </li>
              <li>
                <Link to="/orders?status=awaiting_payment" className="grow plain-link">
                  Awaiting payment
                </Link>
                <strong>{number(awaiting_payment)}</strong>
              </li>
              <li>
                <Link to="/orders?status=stuck" className="grow plain-link">
                  Stuck for more than a minute
                </Link>
                <strong className={stuck > 0 ? 'bad' : 'good'}>{number(stuck)}</strong>
              </li>
            </ul>
            <p className="soft small">
              {oldest_at ? (
                <>
                  The oldest was placed <Time at={oldest_at} />.
                </>
              ) : (
                <>
                  <Icon name="check" size={13} /> No order waits.
                </>
              )}
            </p>
          </>
        )}
      </Loaded>
    </Panel>
  );
}
