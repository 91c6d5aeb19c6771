/** Everything that was told to anybody: with its words, and once more when it was lost. */
import { Link, useLocation, useNavigate } from 'react-router';
import {
  Kind,
  ListNotifications,
  type Notification,
  NotificationStatus,
} from '../../../../src/contracts/notifications.ts';
import { Channel } from '../../../../src/contracts/shapes.ts';
import { call } from '../../api/client.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { Time } from '../../ui/words.tsx';
import { said, useAddress } from '../list/address.ts';
import { Chip, Choice, Search, Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { channelWords, NOTIFICATION_STATES, optionsOf, plainWords, State } from '../states.tsx';
import { MessageDialog } from './message-dialog.tsx';

export const NOTIFICATION_PLACES = [
  { to: '/notifications', label: 'Messages' },
  { to: '/notifications/suppressions', label: 'Suppressed' },
  { to: '/notifications/sms', label: 'Test SMS' },
];
const REFRESH_MS = 15_000;
const KINDS = [{ value: '', label: 'Every kind' }, ...Kind.enum.map((value) => ({ value, label: plainWords(value) }))];
export const CHANNELS = [
  { value: '', label: 'Mail and SMS' },
  ...Channel.enum.map((value) => ({ value, label: channelWords(value) })),
];

interface Place {
  to: string;
  state: unknown;
  preventScrollReset: true;
}

/** An open message is a place too: it opens over the list, and closing it finds page and position as they were. */
function usePlaces(): (open?: string) => Place {
  const { pathname, search, state } = useLocation();
  return (open) => {
    const params = new URLSearchParams(search);
    if (open) params.set('open', open);
    else params.delete('open');
    return { to: `${pathname}?${params}`, state, preventScrollReset: true };
  };
}

const columnsOf = (placeOf: (id: string) => Place): readonly Column<Notification>[] => [
  { head: 'Subject', cell: ({ id, subject }) => <RowLink {...placeOf(id)}>{subject}</RowLink>, look: 'clip most o1' },
  { head: 'State', cell: ({ status }) => <State of={NOTIFICATION_STATES} is={status} />, look: 'narrow right o2' },
  { head: 'To', cell: ({ recipient }) => recipient ?? <span className="soft">nobody any more</span>, look: 'clip o3' },
  { head: 'Channel', cell: ({ channel }) => channelWords(channel), look: 'narrow soft wide' },
  { head: 'Kind', cell: ({ kind }) => plainWords(kind), look: 'narrow soft wide' },
  {
    head: 'Order',
    cell: ({ order_id }) => order_id && <Link to={`/orders/${order_id}`}>Order</Link>,
    look: 'narrow wide',
  },
  { head: 'When', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o4' },
];

export function NotificationsPage() {
  const address = useAddress();
  const placeOf = usePlaces();
  const navigate = useNavigate();
  const { get, oneOf } = address;
  const status = oneOf('status', NotificationStatus.enum);
  const kind = oneOf('kind', Kind.enum);
  const channel = oneOf('channel', Channel.enum);
  const query = {
    ...said({ order_id: get('order'), customer_id: get('customer'), recipient: get('recipient') }),
    ...(status && { status }),
    ...(kind && { kind }),
    ...(channel && { channel }),
  };
  const page = usePage(
    ['notifications', 'list', query],
    (at, signal) => call(ListNotifications, { query: { ...query, ...at }, signal }),
    REFRESH_MS,
  );
  const opened = get('open');
  const close = () => {
    const { to, ...options } = placeOf();
    navigate(to, { replace: true, ...options });
  };
  return (
    <div className="page">
      <PageHead title="Notifications" beside={<SubNav label="Notifications" places={NOTIFICATION_PLACES} />} />
      <section className="panel list" aria-label="Messages">
        <Tabs label="State" name="status" tabs={optionsOf(NOTIFICATION_STATES, 'All')} />
        <div className="filters">
          <Search address={address} name="recipient" label="Whole e-mail address or number…" />
          <Choice address={address} name="kind" label="Kind" options={KINDS} />
          <Choice address={address} name="channel" label="Channel" options={CHANNELS} />
          {(['order', 'customer'] as const).map(
            (name) =>
              get(name) && (
                <Chip key={name} onClear={() => address.set({ [name]: '' })} label={name}>
                  One {name}
                </Chip>
              ),
          )}
        </div>
        <Table
          label="Messages"
          columns={columnsOf(placeOf)}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="bell" title={address.params.size > 0 ? 'No message fits' : 'Nothing has been told yet'}>
              <p>Mails and SMS about orders, accounts and stock are kept here with their words.</p>
              {address.params.size > 0 && <ButtonLink to="/notifications">Show all messages</ButtonLink>}
            </Empty>
          }
        />
      </section>
      {opened && <MessageDialog id={opened} onClose={close} />}
    </div>
  );
}
