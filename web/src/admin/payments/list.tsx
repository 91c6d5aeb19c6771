/** What was charged for orders, and what was not. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { toMinor } from '../../../../src/contracts/money.ts';
import { ListOrders } from '../../../../src/contracts/orders.ts';
import { ListPayments, type Payment, PaymentStatus } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { Badge, money, number, Time } from '../../ui/words.tsx';
import { useAddress } from '../list/address.ts';
import { Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { optionsOf, PAYMENT_STATES, plainWords, State } from '../states.tsx';

export const PAYMENT_PLACES = [
  { to: '/payments', label: 'Payments' },
  { to: '/payments/refunds', label: 'Refunds' },
  { to: '/payments/events', label: 'Provider events' },
];
const REFRESH_MS = 15_000;
const DISPUTED = 'disputed';
const TABS = [...optionsOf(PAYMENT_STATES, 'All'), { value: DISPUTED, label: 'Disputed' }];

const isZero = (amount: string) => /^[0.]*$/.test(amount);

/** Paid, and what of it went back. */
function Paid({ payment: { status, amount, refunded_amount, currency } }: { payment: Payment }) {
  if (status !== 'succeeded' || isZero(refunded_amount)) return <State of={PAYMENT_STATES} is={status} />;
  const whole = toMinor(refunded_amount, currency) === toMinor(amount, currency);
  return <Badge>{whole ? 'Paid, refunded' : 'Paid, partly refunded'}</Badge>;
}

/** What people call the orders; without the room of orders a link has to do. */
function useNumbers(payments: readonly Payment[]) {
  const ids = payments.map(({ order_id }) => order_id);
  const { data } = useQuery({
    queryKey: ['orders', 'numbers', ids],
    queryFn: ({ signal }) => call(ListOrders, { query: { ids: ids.join(',') }, signal }),
    enabled: ids.length > 0,
    // They never change.
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
  return new Map(data?.items.map(({ id, number }) => [id, number]));
}

const columnsOf = (numbers: ReadonlyMap<string, number>): readonly Column<Payment>[] => [
  {
    head: 'Order',
    cell: ({ order_id }) => (
      <RowLink to={`/orders/${order_id}`}>{numbers.has(order_id) ? `#${numbers.get(order_id)}` : 'Order'}</RowLink>
    ),
    look: 'narrow o1',
  },
  { head: 'Amount', cell: ({ amount, currency }) => money(amount, currency), look: 'end narrow o2' },
  {
    head: 'State',
    cell: (payment) => (
      <>
        <Paid payment={payment} /> {payment.dispute && <Badge tone="bad">Disputed</Badge>}
      </>
    ),
    look: 'narrow right o4',
  },
  { head: 'Method', cell: ({ method, provider }) => `${method} · ${provider}`, look: 'clip o3' },
  {
    head: 'Trouble',
    cell: ({ reason, last_error, dispute }) =>
      dispute
        ? `${plainWords(dispute.reason)} · ${plainWords(dispute.status)}`
        : reason
          ? plainWords(reason)
          : last_error,
    look: 'clip soft o5',
  },
  {
    head: 'Refunded',
    cell: ({ refunded_amount, currency }) =>
      isZero(refunded_amount) ? <span className="soft">–</span> : money(refunded_amount, currency),
    look: 'end narrow wide',
  },
  { head: 'Attempts', cell: ({ attempts }) => number(attempts), look: 'end narrow wide' },
  { head: 'When', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o6' },
];

export function PaymentsPage() {
  const address = useAddress();
  const status = address.oneOf('status', PaymentStatus.enum);
  const disputed = address.get('status') === DISPUTED;
  const query = { ...(status && { status }), ...(disputed && { disputed }) };
  const page = usePage(
    ['payments', 'list', query],
    (at, signal) => call(ListPayments, { query: { ...query, ...at }, signal }),
    REFRESH_MS,
  );
  const numbers = useNumbers(page.query.data?.items ?? []);
  return (
    <div className="page">
      <PageHead title="Payments" beside={<SubNav label="Payments" places={PAYMENT_PLACES} />} />
      <section className="panel list" aria-label="Payments">
        <Tabs label="State" name="status" tabs={TABS} />
        <Table
          label="Payments"
          columns={columnsOf(numbers)}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty
              icon={disputed ? 'check' : 'card'}
              title={disputed ? 'Nothing is disputed' : status ? 'No payment is in this state' : 'No payments yet'}
            >
              <p>
                {disputed
                  ? 'A charge that a customer contests with their bank would be here.'
                  : 'Each order is charged once, as soon as its stock is held.'}
              </p>
              {address.params.size > 0 && <ButtonLink to="/payments">Show all payments</ButtonLink>}
            </Empty>
          }
        />
      </section>
    </div>
  );
}
