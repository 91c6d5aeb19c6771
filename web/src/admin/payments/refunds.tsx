/** Money that goes back; those that failed are for a person to look after. */
import { ListRefunds, type Refund, RefundStatus } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { money, number, Time } from '../../ui/words.tsx';
import { useAddress } from '../list/address.ts';
import { Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { optionsOf, REFUND_STATES, State } from '../states.tsx';
import { PAYMENT_PLACES } from './list.tsx';

const REFRESH_MS = 10_000;
const KINDS: Record<Refund['kind'], string> = {
  order_ended: 'The order ended',
  merchant: 'By the shop',
  external: 'At the provider',
};

const COLUMNS: readonly Column<Refund>[] = [
  {
    head: 'Amount',
    cell: ({ payment_id, amount, currency }) => (
      <RowLink to={`/payments/${payment_id}`}>{money(amount, currency)}</RowLink>
    ),
    look: 'narrow o1',
  },
  { head: 'State', cell: ({ status }) => <State of={REFUND_STATES} is={status} />, look: 'narrow right o2' },
  { head: 'Kind', cell: ({ kind }) => KINDS[kind], look: 'narrow o3' },
  {
    head: 'Why',
    cell: ({ kind, reason, status, last_error }) => (
      <>
        {kind !== 'order_ended' && reason}
        {status !== 'succeeded' && last_error && <span className="bad"> {last_error}</span>}
      </>
    ),
    look: 'clip most soft o5',
  },
  { head: 'Attempts', cell: ({ attempts }) => number(attempts), look: 'end narrow wide' },
  { head: 'When', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o4' },
];

export function RefundsPage() {
  const address = useAddress();
  const status = address.oneOf('status', RefundStatus.enum);
  const query = status ? { status } : {};
  const page = usePage(
    ['payments', 'refunds', query],
    (at, signal) => call(ListRefunds, { query: { ...query, ...at }, signal }),
    REFRESH_MS,
  );
  return (
    <div className="page">
      <PageHead title="Payments" tab="Refunds" beside={<SubNav label="Payments" places={PAYMENT_PLACES} />} />
      {status === 'failed' && (
        <p className="soft explain">
          A bank did not take this money, or the provider gave up: the shop has it still. Open the order and refund it
          again, or pay it back another way.
        </p>
      )}
      <section className="panel list" aria-label="Refunds">
        <Tabs label="State" name="status" tabs={optionsOf(REFUND_STATES, 'All')} />
        <Table
          label="Refunds"
          columns={COLUMNS}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty
              icon={status === 'failed' ? 'check' : 'refund'}
              title={status === 'failed' ? 'No refund has failed' : 'No refunds here'}
            >
              <p>An order that ends gets its money back by itself; other refunds are made on the order’s page.</p>
              {status && <ButtonLink to="/payments/refunds">Show all refunds</ButtonLink>}
            </Empty>
          }
        />
      </section>
    </div>
  );
}
