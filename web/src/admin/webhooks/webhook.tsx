/** One address: how it stands with it, what it was sent, and what can be done. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import {
  DeleteWebhook,
  ListDeliveries,
  ReplayWebhook,
  RotateWebhookSecret,
  TestWebhook,
  UpdateWebhook,
  type Webhook,
  type WebhookDelivery,
  WebhookDeliveryStatus,
} from '../../../../src/contracts/webhooks.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { Button, ButtonLink, Empty, Failure, Input, Notice, Select } from '../../ui/kit.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { moment, number, Time } from '../../ui/words.tsx';
import { FormDialog, useSending } from '../form.tsx';
import { useAddress } from '../list/address.ts';
import { Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { type Column, Table } from '../list/table.tsx';
import { isMissing, NoPage } from '../no-page.tsx';
import { PageHead } from '../page-head.tsx';
import { Fact, Facts, Panel } from '../panel.tsx';
import { optionsOf, State } from '../states.tsx';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { LOOK_MS, WEBHOOKS, webhookOf } from './reads.ts';
import { SecretDialog } from './secret-dialog.tsx';
import { DELIVERY_STATES, DISABLED, Health, shortUrl } from './words.tsx';

const BACK = { to: '/webhooks', label: 'Webhooks' };

export function WebhookPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery(webhookOf(id));
  if (isMissing(error)) return <NoPage what="webhook" />;
  if (data) return <Known webhook={data} />;
  return (
    <div className="page">
      <PageHead title="Webhook" back={BACK} />
      {error && <Failure error={error} retry={() => void refetch()} />}
    </div>
  );
}

type Deed = 'edit' | 'rotate' | 'disable' | 'delete' | 'replay';

function Known({ webhook }: { webhook: Webhook }) {
  const [deed, setDeed] = useState<Deed>();
  const { id, url, description, status, disabled_by, failing_since } = webhook;
  const enabled = status === 'enabled';
  const act = useAct();
  const close = () => setDeed(undefined);
  return (
    <div className="page">
      <PageHead title={shortUrl(url)} tab="Webhook" back={BACK} beside={<Health of={webhook} />} about={description}>
        {enabled ? (
          <Button
            busy={act.busy}
            onClick={() => void act.run(() => call(TestWebhook, { params: { id } }), 'A test is on its way')}
          >
            Send a test
          </Button>
        ) : (
          <Button
            tone="primary"
            busy={act.busy}
            onClick={() =>
              void act.run(
                () => call(UpdateWebhook, { params: { id }, body: { status: 'enabled' } }),
                'It is told of events again',
              )
            }
          >
            Enable
          </Button>
        )}
        <Button onClick={() => setDeed('edit')}>Change</Button>
        {enabled && <Button onClick={() => setDeed('replay')}>Send again…</Button>}
        <Button onClick={() => setDeed('rotate')}>New secret</Button>
        {enabled && (
          <Button tone="quiet" onClick={() => setDeed('disable')}>
            Disable
          </Button>
        )}
        <Button tone="quiet" onClick={() => setDeed('delete')}>
          Delete
        </Button>
      </PageHead>
      {act.error !== undefined && <Failure error={act.error} />}
      {disabled_by && (
        <Notice tone={disabled_by === 'admin' ? '' : 'bad'}>
          <strong>It hears nothing.</strong> {DISABLED[disabled_by]} What waits is sent once it is enabled again; of
          what happens meanwhile it is not told.
        </Notice>
      )}
      {enabled && failing_since && (
        <Notice tone="wait">
          Nothing has arrived there since {moment(failing_since)}. Each delivery is tried again for three days; after
          five the address is given up.
        </Notice>
      )}
      <div className="split">
        <Deliveries webhook={webhook} />
        <About webhook={webhook} />
      </div>
      {deed === 'edit' && <EditDialog webhook={webhook} onClose={close} />}
      {deed === 'replay' && <ReplayDialog id={id} onClose={close} />}
      {deed === 'rotate' && <Rotate id={id} onClose={close} />}
      {deed === 'disable' && <Disable id={id} onClose={close} />}
      {deed === 'delete' && <Delete id={id} onClose={close} />}
    </div>
  );
}

/** Something that is done at once. */
function useAct() {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  async function run(work: () => Promise<unknown>, done: string): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      toast(done);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
    }
  }
  return { busy, error, run };
}

function About({ webhook: { url, types, waiting, created_at } }: { webhook: Webhook }) {
  return (
    <Panel title="Webhook">
      <Facts>
        <Fact name="Address">
          <code className="break">{url}</code>
        </Fact>
        <Fact name="Since">{moment(created_at)}</Fact>
        <Fact name="Waiting">{waiting > 1_000 ? 'over 1,000' : number(waiting)}</Fact>
        <Fact name="Told of">
          <ul className="stack-small">
            {types.map((type) => (
              <li key={type}>{type}</li>
            ))}
          </ul>
        </Fact>
      </Facts>
    </Panel>
  );
}

const columnsOf = (open: (id: string) => void): readonly Column<WebhookDelivery>[] => [
  {
    head: 'Event',
    cell: ({ id, type }) => (
      <button type="button" className="link strong" onClick={() => open(id)}>
        {type}
      </button>
    ),
    look: 'narrow o1',
  },
  { head: 'State', cell: ({ status }) => <State of={DELIVERY_STATES} is={status} />, look: 'narrow right o2' },
  { head: 'Trouble', cell: ({ last_error }) => last_error, look: 'clip most soft o5' },
  { head: 'Attempts', cell: ({ attempts }) => number(attempts), look: 'end narrow wide' },
  { head: 'Made', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o4' },
];

function Deliveries({ webhook: { id } }: { webhook: Webhook }) {
  const address = useAddress();
  const [opened, setOpened] = useState<string>();
  const status = address.oneOf('status', WebhookDeliveryStatus.enum);
  const query = { webhook_id: id, ...(status && { status }) };
  const page = usePage(
    [...WEBHOOKS, 'deliveries', query],
    (at, signal) => call(ListDeliveries, { query: { ...query, ...at }, signal }),
    LOOK_MS,
  );
  return (
    <section className="panel list" aria-label="Deliveries">
      <Tabs label="State" name="status" tabs={optionsOf(DELIVERY_STATES, 'All')} />
      <Table
        label="Deliveries"
        columns={columnsOf(setOpened)}
        page={page}
        keyOf={(one) => one.id}
        empty={
          <Empty
            icon={status ? 'check' : 'link'}
            title={status ? 'No delivery is in this state' : 'Nothing was sent yet'}
          >
            {status ? (
              <ButtonLink to={`/webhooks/${id}`}>Show all deliveries</ButtonLink>
            ) : (
              <p>What it is told of from now on is kept here for 30 days.</p>
            )}
          </Empty>
        }
      />
      {opened && <DeliveryDialog id={opened} onClose={() => setOpened(undefined)} />}
    </section>
  );
}

const DAY_MS = 86_400_000;
/** As a field for times wants it: in the reader's own zone. */
const localTime = (at: Date) => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function ReplayDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  const sending = useSending(async (text) => {
    const status = text('status') as 'failed' | 'all';
    let since: string | null = new Date(text('since')).toISOString();
    let sent = 0;
    while (since) {
      const { replayed, more_since }: ReplyOf<typeof ReplayWebhook> = await call(ReplayWebhook, {
        params: { id },
        body: { since, status },
      });
      sent += replayed;
      since = more_since === since ? null : more_since;
    }
    await queries.invalidateQueries({ queryKey: WEBHOOKS });
    toast(`${number(sent)} on their way`);
    onClose();
  });
  return (
    <FormDialog title="Send again" sending={sending} action="Send again" onClose={onClose}>
      <p>Each keeps its id, so whoever handles a delivery once handles none twice.</p>
      <div className="columns">
        <Input
          label="Made since"
          name="since"
          type="datetime-local"
          defaultValue={localTime(new Date(Date.now() - DAY_MS))}
          fault={sending.faults['/since']}
        />
        <Select label="Which" name="status" defaultValue="failed">
          <option value="failed">Those that have failed</option>
          <option value="all">Also those that have arrived</option>
        </Select>
      </div>
    </FormDialog>
  );
}

function Rotate({ id, onClose }: { id: string; onClose: () => void }) {
  const [made, setMade] = useState<{ secret: string; old_valid_until: string }>();
  const sending = useSending(async () => setMade(await call(RotateWebhookSecret, { params: { id } })));
  if (made) {
    const note = `Until ${moment(made.old_valid_until)} everything is signed with the one before, too.`;
    return <SecretDialog secret={made.secret} note={note} onClose={onClose} />;
  }
  return (
    <FormDialog title="Make a new secret" action="Make a new secret" sending={sending} onClose={onClose}>
      <p>For a day everything is signed with both, so that nothing is refused while the other side changes over.</p>
    </FormDialog>
  );
}

function Disable({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <Confirm
      title="Disable the webhook"
      action="Disable"
      open
      onClose={onClose}
      onConfirm={async () => {
        await call(UpdateWebhook, { params: { id }, body: { status: 'disabled' } });
        await queries.invalidateQueries({ queryKey: WEBHOOKS });
      }}
    >
      <p>What waits is kept; of what happens from now on it is not told, not even later.</p>
    </Confirm>
  );
}

function Delete({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <Confirm
      title="Delete the webhook"
      action="Delete"
      open
      onClose={onClose}
      onConfirm={async () => {
        await call(DeleteWebhook, { params: { id } });
        toast('It is told nothing more');
        await navigate('/webhooks');
        void queries.invalidateQueries({ queryKey: WEBHOOKS });
      }}
    >
      <p>What waits for it and what it was sent is forgotten with it.</p>
    </Confirm>
  );
}
