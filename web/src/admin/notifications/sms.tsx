/** What a shop without an SMS provider would have sent. */
import { ListDevelopmentSms } from '../../../../src/contracts/notifications.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { Empty } from '../../ui/kit.tsx';
import { Time } from '../../ui/words.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { NOTIFICATION_PLACES } from './list.tsx';

type Sms = ReplyOf<typeof ListDevelopmentSms>['items'][number];

const COLUMNS: readonly Column<Sms>[] = [
  { head: 'To', cell: ({ recipient }) => <span className="strong">{recipient}</span>, look: 'narrow o1' },
  { head: 'Words', cell: ({ body }) => <span className="break">{body}</span>, look: 'full o3' },
  { head: 'When', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o2' },
];

export function SmsPage() {
  const page = usePage(
    ['notifications', 'sms'],
    (at, signal) => call(ListDevelopmentSms, { query: at, signal }),
    10_000,
  );
  return (
    <div className="page">
      <PageHead
        title="Notifications"
        tab="Development SMS"
        beside={<SubNav label="Notifications" places={NOTIFICATION_PLACES} />}
      />
      <p className="soft explain">Without an SMS provider messages are recorded here instead of being sent.</p>
      <section className="panel list" aria-label="Development SMS">
        <Table
          label="Development SMS"
          columns={COLUMNS}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="bell" title="No SMS has been recorded">
              <p>Customers who want SMS and have an international number get one with each step of an order.</p>
            </Empty>
          }
        />
      </section>
    </div>
  );
}
