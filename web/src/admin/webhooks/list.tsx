/** Addresses that are told of events. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Webhook } from '../../../../src/contracts/webhooks.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, Empty } from '../../ui/kit.tsx';
import { number, Time } from '../../ui/words.tsx';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { allWebhooks } from './reads.ts';
import { SecretDialog } from './secret-dialog.tsx';
import { Health, shortUrl } from './words.tsx';

const COLUMNS: readonly Column<Webhook>[] = [
  {
    head: 'Address',
    cell: ({ id, url, description }) => (
      <>
        <RowLink to={`/webhooks/${id}`}>{shortUrl(url)}</RowLink>
        {description && <span className="soft small block">{description}</span>}
      </>
    ),
    look: 'clip most o1',
  },
  { head: 'State', cell: (webhook) => <Health of={webhook} />, look: 'narrow right o2' },
  { head: 'Told of', cell: ({ types }) => `${number(types.length)} ${events(types.length)}`, look: 'narrow soft o3' },
  {
    head: 'Waiting',
    cell: ({ waiting }) => (waiting > 0 ? `${waiting > 1_000 ? 'over 1,000' : number(waiting)} waiting` : ''),
    look: 'narrow soft right o4',
  },
  { head: 'Since', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft wide' },
];

const events = (count: number) => (count === 1 ? 'event' : 'events');

export function WebhooksPage() {
  const all = useQuery({ ...allWebhooks, select: ({ items }) => ({ items, next_cursor: null }) });
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<{ id: string; secret: string }>();
  return (
    <div className="page">
      <PageHead title="Webhooks">
        <Button tone="primary" data-new="" onClick={() => setAdding(true)}>
          <Icon name="plus" size={16} />
          Add a webhook
        </Button>
      </PageHead>
      <section className="panel list" aria-label="Webhooks">
        <Table
          label="Webhooks"
          columns={COLUMNS}
          page={{ query: all, ahead: () => undefined }}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="link" title="Nobody is told of events yet">
              <p>
                An address of yours hears of orders, payments, products and customers as it happens: for the books, the
                warehouse, a newsletter. Every delivery is signed, and tried again for three days.
              </p>
            </Empty>
          }
        />
      </section>
      {adding && <EditDialog onCreated={setMade} onClose={() => setAdding(false)} />}
      {made && <SecretDialog secret={made.secret} onClose={() => void navigate(`/webhooks/${made.id}`)} />}
    </div>
  );
}
