/** What was told about an order, or to a customer; each opens with its words. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { ListNotifications } from '../../../../src/contracts/notifications.ts';
import { call } from '../../api/client.ts';
import { Icon } from '../../ui/icon.tsx';
import { Time } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { channelWords, NOTIFICATION_STATES, State } from '../states.tsx';
import { MessageDialog } from './message-dialog.tsx';

export interface NotificationsOfProps {
  query: { order_id: string } | { customer_id: string };
  /** What it becomes old with. */
  of: readonly string[];
}

const SHOWN = 30;

export function NotificationsOf({ query, of }: NotificationsOfProps) {
  const list = useQuery({
    queryKey: [...of, 'notifications'],
    queryFn: ({ signal }) => call(ListNotifications, { query: { ...query, limit: SHOWN }, signal }),
    // A mail is sent moments after the step it tells of.
    refetchInterval: ({ state }) => (state.data?.items.some(({ status }) => status === 'queued') ? 2_000 : 15_000),
  });
  const [opened, setOpened] = useState<string>();
  const all = 'order_id' in query ? { order: query.order_id } : { customer: query.customer_id };
  return (
    <Panel title="Messages" actions={<Link to={`/notifications?${new URLSearchParams(all)}`}>All</Link>}>
      <Loaded query={list} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="none">Nothing has been told yet.</p>
          ) : (
            <ul className="rows">
              {items.map(({ id, subject, channel, recipient, status, created_at }) => (
                <li key={id}>
                  <Icon name={channel === 'sms' ? 'bell' : 'mail'} size={16} />
                  <span className="words">
                    <button type="button" className="link" onClick={() => setOpened(id)}>
                      {subject}
                    </button>
                    <span className="soft small block">
                      {channelWords(channel)} to {recipient ?? 'nobody any more'}
                    </span>
                  </span>
                  <State of={NOTIFICATION_STATES} is={status} />
                  <span className="soft small">
                    <Time at={created_at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {opened && <MessageDialog id={opened} onClose={() => setOpened(undefined)} />}
    </Panel>
  );
}
