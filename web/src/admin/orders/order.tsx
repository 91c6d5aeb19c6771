/** One order: everything the rooms know of it, as it happens. */
import { useParams } from 'react-router';
import { Failure, Notice, Skeleton } from '../../ui/kit.tsx';
import { moment, money, OrderState, reasonOf } from '../../ui/words.tsx';
import { isMissing, NoPage } from '../no-page.tsx';
import { NotificationsOf } from '../notifications/notifications-of.tsx';
import { PageHead } from '../page-head.tsx';
import { OrderActions } from './actions.tsx';
import { Items } from './items.tsx';
import { useLive } from './live.ts';
import { Movements } from './movements.tsx';
import { OrderNav } from './order-nav.tsx';
import { PaymentPanel } from './payment.tsx';
import { CustomerPanel, DetailsPanel } from './people.tsx';
import { orderKey, useOrder } from './reads.ts';
import { Timeline } from './timeline.tsx';

const BACK = { to: '/orders', label: 'Orders' };

export function OrderPage() {
  const { id = '' } = useParams();
  const { data: order, error, refetch } = useOrder(id);
  const stream = useLive(id, order);
  if (isMissing(error)) return <NoPage what="order" />;
  if (!order) {
    return (
      <div className="page">
        <PageHead title="Order" back={BACK} />
        {error ? <Failure error={error} retry={() => void refetch()} /> : <OrderSkeleton />}
      </div>
    );
  }
  const { number, status, reason, total_amount, currency, created_at } = order;
  return (
    <div className="page">
      <PageHead
        title={`#${number}`}
        tab={`Order #${number}`}
        back={BACK}
        beside={<OrderState status={status} />}
        about={`${moment(created_at)} · ${money(total_amount, currency)}`}
      >
        <OrderActions order={order} />
      </PageHead>
      <OrderNav id={id} />
      {reason && (
        <Notice tone={status === 'failed' ? 'bad' : ''}>
          {status === 'failed' ? 'It failed' : 'It was cancelled'}: {reasonOf(reason)}.
        </Notice>
      )}
      <div className="split">
        <div className="stack">
          <Items order={order} />
          <PaymentPanel orderId={id} />
          <NotificationsOf query={{ order_id: id }} of={orderKey(id)} />
          <Movements order={order} />
        </div>
        <div className="stack">
          <CustomerPanel order={order} />
          <Timeline id={id} stream={stream} />
          <DetailsPanel order={order} />
        </div>
      </div>
    </div>
  );
}

function OrderSkeleton() {
  return (
    <div className="split" role="status" aria-label="Loading">
      <div className="stack">
        <Skeleton height="14rem" />
        <Skeleton height="10rem" />
      </div>
      <div className="stack">
        <Skeleton height="11rem" />
        <Skeleton height="16rem" />
      </div>
    </div>
  );
}
