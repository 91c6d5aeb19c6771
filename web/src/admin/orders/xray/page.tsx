/** The X-ray of an order: where it stands, why, what happens next; its way through the rooms; and all that they know. */
import { useParams } from 'react-router';
import { Failure, Skeleton } from '../../../ui/kit.tsx';
import { OrderState } from '../../../ui/words.tsx';
import { isMissing, NoPage } from '../../no-page.tsx';
import { PageHead } from '../../page-head.tsx';
import { useLive } from '../live.ts';
import { OrderNav } from '../order-nav.tsx';
import { useXray } from '../reads.ts';
import { Charge } from './charge.tsx';
import { Conversation } from './conversation.tsx';
import { Ledger } from './ledger.tsx';
import { Mails } from './mails.tsx';
import { ForTheShopper, Verdict } from './verdict.tsx';
import { Way } from './way.tsx';

const BACK = { to: '/orders', label: 'Orders' };

export function XrayPage() {
  const { id = '' } = useParams();
  const { data: xray, error, refetch } = useXray(id);
  useLive(id, xray?.orders?.order);
  if (isMissing(error)) return <NoPage what="order" />;
  const order = xray?.orders?.order;
  return (
    <div className="page">
      <PageHead
        title={order ? `#${order.number}` : 'Order'}
        tab={order ? `X-ray of #${order.number}` : 'X-ray'}
        back={BACK}
        beside={order && <OrderState status={order.status} />}
      />
      {!order?.deleted_at && <OrderNav id={id} />}
      {!xray && (error ? <Failure error={error} retry={() => void refetch()} /> : <XraySkeleton />)}
      {xray && error && (
        <p className="stale" role="status">
          This could not be read again just now and may be old.
        </p>
      )}
      {xray && (
        <>
          <Verdict xray={xray} />
          <div className="split">
            <div className="stack">
              <Way xray={xray} />
              <Conversation xray={xray} />
            </div>
            <div className="stack">
              <Charge xray={xray} />
              <Ledger xray={xray} />
              <Mails xray={xray} />
              <ForTheShopper xray={xray} />
            </div>
          </div>
        </>
      )}
    </div>
  );
}

function XraySkeleton() {
  return (
    <div className="stack" role="status" aria-label="Loading">
      <Skeleton height="11rem" />
      <div className="split">
        <Skeleton height="24rem" />
        <Skeleton height="18rem" />
      </div>
    </div>
  );
}
