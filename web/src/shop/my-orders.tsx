/** The orders of the account, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { ListOrders } from '../../../src/contracts/orders.ts';
import { call } from '../api/client.ts';
import { Button, ButtonLink, Empty, Failure, Skeleton } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';
import { date, money, OrderState } from '../ui/words.tsx';
import { useAccount } from './account.tsx';

export function MyOrdersPage() {
  useTitle('My orders');
  const { id } = useAccount();
  const list = useInfiniteQuery({
    queryKey: ['my-orders', id],
    queryFn: ({ pageParam, signal }) =>
      // Admins have a list of all orders; here they see their own.
      call(ListOrders, { query: { customer_id: id, limit: 20, ...(pageParam && { cursor: pageParam }) }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
  });
  const orders = list.data?.pages.flatMap(({ items }) => items) ?? [];
  if (list.isPending) return <Skeleton height="12rem" />;
  if (list.error && orders.length === 0) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (orders.length === 0) {
    return (
      <Empty icon="box" title="No orders yet">
        <p>What you order while you are logged in is listed here.</p>
        <ButtonLink to="/products" tone="primary">
          Look around
        </ButtonLink>
      </Empty>
    );
  }
  return (
    <>
      <ul className="my-orders">
        {orders.map(({ id: orderId, number, created_at, status, items, total_amount, currency }) => (
          <li key={orderId}>
            <Link to={`/orders/${orderId}`} className="my-order card">
              <strong>Order {number}</strong>
              <OrderState status={status} />
              <span className="soft small">{date(created_at)}</span>
              <span className="soft small what">
                {items.map(({ name, quantity }) => `${quantity} × ${name}`).join(', ')}
              </span>
              <strong className="numbers">{money(total_amount, currency)}</strong>
            </Link>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </>
  );
}
