/** Where the order stands, why, and what happens next and when: in the shop's words, read again with every step. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Order, OrderStatus } from '../../../src/contracts/orders.ts';
import { GetOutlook } from '../../../src/contracts/xray.ts';
import { call } from '../api/client.ts';
import { Icon } from '../ui/icon.tsx';
import { Button, Skeleton } from '../ui/kit.tsx';
import { timeOf, withMoney } from '../ui/words.tsx';

const WAITING: readonly OrderStatus[] = ['pending', 'awaiting_payment'];
const AGAIN_MS = 15_000;

interface StandingProps {
  order: Order;
  token: string | undefined;
  /** What to do about it. */
  children?: ReactNode;
}

export function Standing({ order: { id, version, status }, token, children }: StandingProps) {
  const { data, error, refetch } = useQuery({
    // Of this version: a step makes it old.
    queryKey: ['order', id, 'outlook', version],
    queryFn: ({ signal }) => call(GetOutlook, { params: { id }, query: token ? { token } : {}, signal }),
    // Without a step it becomes another in time: this takes longer than usual.
    refetchInterval: WAITING.includes(status) ? AGAIN_MS : false,
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
  });
  if (!data) return error ? <Unread retry={() => void refetch()} /> : <Skeleton height="7rem" />;
  const { stands, why, next } = data;
  return (
    <section className={`card standing ${status}`} aria-labelledby="standing">
      <h2 id="standing" aria-live="polite">
        {withMoney(stands)}
      </h2>
      <p>{withMoney(why)}</p>
      {next.length > 0 ? (
        <>
          <h3>What happens next</h3>
          <ul>
            {next.map(({ what, when }) => (
              <li key={what}>
                <Icon name={when ? 'clock' : 'arrow'} size={16} />
                <span>
                  {withMoney(what)}
                  {when && (
                    <span className="soft small by-then">
                      By <time dateTime={when}>{timeOf(when)}</time>
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className="soft">Nothing more will happen.</p>
      )}
      {children}
    </section>
  );
}

function Unread({ retry }: { retry: () => void }) {
  return (
    <div className="card standing" role="alert">
      <p>Where it stands cannot be read right now.</p>
      <div>
        <Button look="small" onClick={retry}>
          Try again
        </Button>
      </div>
    </div>
  );
}
