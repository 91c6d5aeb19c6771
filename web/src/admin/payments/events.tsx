/** What the payment provider told unasked; what contradicts the books or belongs to nothing is for a person. */
import { Link } from 'react-router';
import { ListWebhookEvents, type WebhookEvent, WebhookEventStatus } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { number, Time } from '../../ui/words.tsx';
import { useAddress } from '../list/address.ts';
import { Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { EVENT_STATES, optionsOf, State } from '../states.tsx';
import { PAYMENT_PLACES } from './list.tsx';

const COLUMNS: readonly Column<WebhookEvent>[] = [
  {
    head: 'Event',
    cell: ({ type, event_id }) => (
      <span title={event_id} className="strong">
        {type}
      </span>
    ),
    look: 'clip o1',
  },
  { head: 'State', cell: ({ status }) => <State of={EVENT_STATES} is={status} />, look: 'narrow right o2' },
  { head: 'Note', cell: ({ note }) => note, look: 'clip most soft o5' },
  {
    head: 'About',
    cell: ({ order_id, payment_id, reference }) =>
      order_id ? (
        <Link to={`/orders/${order_id}`}>Order</Link>
      ) : payment_id ? (
        <Link to={`/payments/${payment_id}`}>Payment</Link>
      ) : (
        <code>{reference}</code>
      ),
    look: 'narrow o3',
  },
  { head: 'Attempts', cell: ({ attempts }) => number(attempts), look: 'end narrow wide' },
  { head: 'Received', cell: ({ received_at }) => <Time at={received_at} />, look: 'narrow soft right o4' },
];

export function EventsPage() {
  const address = useAddress();
  const status = address.oneOf('status', WebhookEventStatus.enum);
  const query = status ? { status } : {};
  const page = usePage(['payments', 'events', query], (at, signal) =>
    call(ListWebhookEvents, { query: { ...query, ...at }, signal }),
  );
  return (
    <div className="page">
      <PageHead title="Payments" tab="Provider events" beside={<SubNav label="Payments" places={PAYMENT_PLACES} />} />
      <p className="soft explain">
        <strong>Refused</strong> events contradict the shop’s books; <strong>unmatched</strong> ones are about a charge
        that no order asked for within three days. Look at the provider what they are about.
      </p>
      <section className="panel list" aria-label="Provider events">
        <Tabs label="State" name="status" tabs={optionsOf(EVENT_STATES, 'All')} />
        <Table
          label="Provider events"
          columns={COLUMNS}
          page={page}
          keyOf={({ provider, event_id }) => `${provider} ${event_id}`}
          empty={
            <Empty
              icon={status ? 'check' : 'link'}
              title={status ? 'No event is in this state' : 'The provider has told nothing yet'}
            >
              <p>The test provider tells nothing by itself; Stripe does, once its webhook leads here.</p>
              {status && <ButtonLink to="/payments/events">Show all events</ButtonLink>}
            </Empty>
          }
        />
      </section>
    </div>
  );
}
