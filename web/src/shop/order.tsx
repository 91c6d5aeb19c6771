/** An order and its life: what happened, when, what comes next; live, and with a way out while there is one. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { CancelOrder, GetOrder, type Order } from '../../../src/contracts/orders.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { useOrderStream } from '../api/order-stream.ts';
import { useSignedIn } from '../api/session.ts';
import { AddressLines } from '../ui/address-lines.tsx';
import { Icon } from '../ui/icon.tsx';
import { Button, ButtonLink, Empty, Failure, Notice, Skeleton } from '../ui/kit.tsx';
import { Confirm } from '../ui/overlays.tsx';
import { focusHeading, useTitle } from '../ui/page.ts';
import { toast } from '../ui/toasts.tsx';
import { moment, money, OrderState } from '../ui/words.tsx';
import { orderPath, useOwnOrders } from './attempt.ts';
import { changeLines } from './cart.ts';
import { merged } from './cart-rules.ts';
import { OrderLines } from './order-lines.tsx';
import { Standing } from './standing.tsx';
import { Progress, Timeline } from './timeline.tsx';
import './cart.css';
import './order.css';

export function OrderPage() {
  const { id = '' } = useParams();
  const [search] = useSearchParams();
  const own = useOwnOrders().find((order) => order.id === id);
  const token = search.get('token') ?? own?.token;
  const read = useQuery({
    queryKey: ['order', id],
    queryFn: ({ signal }) => call(GetOrder, { params: { id }, query: token ? { token } : {}, signal }),
  });
  useTitle(read.data ? `Order ${read.data.number}` : 'Order');
  // What was seen before is no longer ours to see.
  const gone = read.error instanceof Problem && [401, 403, 404].includes(read.error.status);
  if (read.error && (gone || !read.data)) return <NoOrder error={read.error} retry={() => void read.refetch()} />;
  return (
    <div className="page">
      {read.data ? <OrderView order={read.data} token={token} /> : <Skeleton height="24rem" />}
    </div>
  );
}

function NoOrder({ error, retry }: { error: unknown; retry: () => void }) {
  const signedIn = useSignedIn();
  const { id } = useParams();
  const hidden = error instanceof Problem && [401, 403, 404, 422].includes(error.status);
  if (!hidden) return <Failure error={error} retry={retry} />;
  return (
    <Empty page icon="search" title="There is no such order, or it is not yours">
      <p>Open it with the link from our mail{signedIn ? '' : ', or log in if you ordered with an account'}.</p>
      {!signedIn && (
        <ButtonLink tone="primary" to={`/login?${new URLSearchParams({ next: `/orders/${id}` })}`}>
          Log in
        </ButtonLink>
      )}
    </Empty>
  );
}

function OrderView({ order, token }: { order: Order; token: string | undefined }) {
  const stream = useOrderStream(order, token);
  const { number, status, created_at } = order;
  return (
    <>
      <div className="order-head">
        <div>
          <h1>Order {number}</h1>
          <p className="soft">
            {moment(created_at)} · <OrderState status={status} />
          </p>
        </div>
        <CancelButton order={order} token={token} />
      </div>
      <Standing order={order} token={token}>
        {status === 'failed' && (
          <div>
            <p className="small">
              You can order again{order.reason === 'payment_declined' && ', and pay another way'}.
            </p>
            <AgainButton order={order} />
          </div>
        )}
      </Standing>
      <Parcel tracking={order.tracking} />
      <div className="two-columns">
        <section className="card" aria-labelledby="life">
          <h2 id="life" className="unseen">
            What happens to it
          </h2>
          <Progress order={order} />
          <Timeline stream={stream} />
        </section>
        <aside className="side">
          <div className="card">
            <OrderLines order={order} />
          </div>
          <div className="card">
            <h2>Goes to</h2>
            <AddressLines address={order.shipping_address} />
            <p className="soft small">{order.email}</p>
          </div>
          {token && <KeepLink path={orderPath({ id: order.id, token })} />}
        </aside>
      </div>
    </>
  );
}

function Parcel({ tracking }: Pick<Order, 'tracking'>) {
  if (!tracking) return null;
  const { carrier, number, url } = tracking;
  return (
    <Notice icon="truck">
      {carrier ? `${carrier}: ` : 'Parcel '}
      {url ? (
        <a href={url} rel="noreferrer noopener" target="_blank">
          {number}
        </a>
      ) : (
        <span className="numbers">{number}</span>
      )}
    </Notice>
  );
}

/** Everything of it into the cart once more. */
function AgainButton({ order }: { order: Order }) {
  const navigate = useNavigate();
  const again = () => {
    const lines = order.items.map(({ product_id, quantity }) => ({ product_id, quantity }));
    changeLines((mine) => merged(mine, lines));
    navigate('/cart');
  };
  return (
    <Button look="small" onClick={again}>
      Put it into the cart again
    </Button>
  );
}

function CancelButton({ order, token }: { order: Order; token: string | undefined }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  if (!order.next_statuses.includes('cancelled')) return null;
  const cancel = async () => {
    const query = token ? { token } : {};
    const changed = await call(CancelOrder, { params: { id: order.id }, query, body: { reason: 'by the customer' } });
    queries.setQueryData(['order', order.id], changed);
    toast(`Order ${order.number} is cancelled`);
    focusHeading();
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>Cancel the order</Button>
      <Confirm
        title={`Cancel order ${order.number}?`}
        action="Cancel the order"
        open={open}
        onClose={() => setOpen(false)}
        onConfirm={cancel}
      >
        <p>
          What was held for you is for sale again at once
          {order.status === 'confirmed' ? `, and ${money(order.total_amount, order.currency)} goes back to you` : ''}.
          This cannot be undone.
        </p>
      </Confirm>
    </>
  );
}

function KeepLink({ path }: { path: string }) {
  const copy = () =>
    navigator.clipboard.writeText(`${location.origin}${path}`).then(
      () => toast('The link is copied'),
      () => toast('The link could not be copied; it is in our mail'),
    );
  return (
    <div className="card">
      <h2>Keep this page</h2>
      <p className="small soft">Its link is in our mail too. Whoever has it sees this order, so keep it to yourself.</p>
      {navigator.clipboard && (
        <Button look="small" onClick={copy}>
          <Icon name="link" size={16} /> Copy the link
        </Button>
      )}
    </div>
  );
}
