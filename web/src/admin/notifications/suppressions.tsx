/** Addresses that are not written to any more, and how they come back. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  LiftSuppression,
  ListSuppressions,
  Suppress,
  type Suppression,
  type SuppressionReason,
} from '../../../../src/contracts/notifications.ts';
import { Channel } from '../../../../src/contracts/shapes.ts';
import { call } from '../../api/client.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, ButtonLink, Empty, Input, Select } from '../../ui/kit.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Time } from '../../ui/words.tsx';
import { FormDialog, useSending } from '../form.tsx';
import { said, useAddress } from '../list/address.ts';
import { Choice, Search } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { SubNav } from '../list/sub-nav.tsx';
import { type Column, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { channelWords, SUPPRESSION_WORDS } from '../states.tsx';
import { CHANNELS, NOTIFICATION_PLACES } from './list.tsx';

const columnsOf = (onLift: (one: Suppression) => void): readonly Column<Suppression>[] => [
  { head: 'Address', cell: ({ recipient }) => <span className="strong">{recipient}</span>, look: 'clip o1' },
  { head: 'Channel', cell: ({ channel }) => channelWords(channel), look: 'narrow soft wide' },
  {
    head: 'Why',
    cell: ({ reason, detail }) => `${SUPPRESSION_WORDS[reason]}${detail ? `: ${detail}` : ''}`,
    look: 'clip most soft o3',
  },
  { head: 'Since', cell: ({ created_at }) => <Time at={created_at} />, look: 'narrow soft right o4' },
  {
    head: 'Change',
    cell: (one) => (
      <Button look="small" onClick={() => onLift(one)}>
        Write again
      </Button>
    ),
    look: 'narrow right o2',
  },
];

export function SuppressionsPage() {
  const address = useAddress();
  const channel = address.oneOf('channel', Channel.enum);
  const query = { ...said({ recipient: address.get('recipient') }), ...(channel && { channel }) };
  const page = usePage(['suppressions', query], (at, signal) =>
    call(ListSuppressions, { query: { ...query, ...at }, signal }),
  );
  const [lifting, setLifting] = useState<Suppression>();
  const [adding, setAdding] = useState(false);
  return (
    <div className="page">
      <PageHead
        title="Notifications"
        tab="Suppressed addresses"
        beside={<SubNav label="Notifications" places={NOTIFICATION_PLACES} />}
      >
        <Button tone="primary" data-new="" onClick={() => setAdding(true)}>
          <Icon name="plus" size={16} />
          Suppress an address
        </Button>
      </PageHead>
      <section className="panel list" aria-label="Suppressed addresses">
        <div className="filters">
          <Search address={address} name="recipient" label="Whole e-mail address or number…" />
          <Choice address={address} name="channel" label="Channel" options={CHANNELS} />
        </div>
        <Table
          label="Suppressed addresses"
          columns={columnsOf(setLifting)}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="mail" title={address.params.size > 0 ? 'No address fits' : 'Everybody can be written to'}>
              <p>Addresses that bounce, complain or ask for it are kept here and not written to.</p>
              {address.params.size > 0 && <ButtonLink to="/notifications/suppressions">Show all addresses</ButtonLink>}
            </Empty>
          }
        />
      </section>
      {lifting && <Lift one={lifting} onClose={() => setLifting(undefined)} />}
      {adding && <Add onClose={() => setAdding(false)} />}
    </div>
  );
}

function Lift({ one, onClose }: { one: Suppression; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <Confirm
      title={`Write to ${one.recipient} again`}
      action="Write again"
      tone="primary"
      open
      onClose={onClose}
      onConfirm={async () => {
        await call(LiftSuppression, { params: { id: one.id } });
        await queries.invalidateQueries({ queryKey: ['suppressions'] });
        toast(`${one.recipient} is written to again`);
      }}
    >
      <p>
        Do so only if its owner wants it or the trouble is over: mail to addresses that bounce costs the shop its good
        name.
      </p>
    </Confirm>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const [channel, setChannel] = useState<Channel>('email');
  const queries = useQueryClient();
  const sending = useSending(async (text) => {
    const detail = text('detail');
    const reason = text('reason') as SuppressionReason;
    await call(Suppress, { body: { channel, recipient: text('recipient'), reason, ...(detail && { detail }) } });
    await queries.invalidateQueries({ queryKey: ['suppressions'] });
    toast('It is not written to any more');
    onClose();
  });
  const kind =
    channel === 'email'
      ? { label: 'E-mail', type: 'email' }
      : { label: 'Phone number', type: 'tel', placeholder: '+15551234567' };
  return (
    <FormDialog title="Suppress an address" sending={sending} action="Suppress" onClose={onClose}>
      <p>The shop writes nothing to it any more, not even about orders under way.</p>
      <div className="columns">
        <Select label="Channel" value={channel} onChange={({ target }) => setChannel(target.value as Channel)}>
          {Channel.enum.map((one) => (
            <option key={one} value={one}>
              {channelWords(one)}
            </option>
          ))}
        </Select>
        <Select label="Why" name="reason" defaultValue="unsubscribed">
          {Object.entries(SUPPRESSION_WORDS).map(([reason, words]) => (
            <option key={reason} value={reason}>
              {words}
            </option>
          ))}
        </Select>
      </div>
      <Input {...kind} name="recipient" autoFocus maxLength={254} fault={sending.faults['/recipient']} />
      <Input label="Note" name="detail" optional maxLength={500} fault={sending.faults['/detail']} />
    </FormDialog>
  );
}
