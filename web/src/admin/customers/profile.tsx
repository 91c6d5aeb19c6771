/** Name, phone, address, and how somebody wants to be told. */
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { type Customer, UpdateCustomer } from '../../../../src/contracts/customers.ts';
import type { Channel } from '../../../../src/contracts/shapes.ts';
import { call } from '../../api/client.ts';
import { profileChanges } from '../../api/profile-changes.ts';
import { AddressLines } from '../../ui/address-lines.tsx';
import { Button, Input } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Refusal, useSending } from '../form.tsx';
import { Fact, Facts, Panel } from '../panel.tsx';
import { channelWords } from '../states.tsx';
import { Unsaved } from '../unsaved.tsx';
import { AddressFields, addressIn } from './address-fields.tsx';

export function ProfilePanel({ customer }: { customer: Customer }) {
  const [editing, setEditing] = useState(false);
  const { phone, address, notify_by, name } = customer;
  if (editing) return <ProfileForm customer={customer} onDone={() => setEditing(false)} />;
  return (
    <Panel
      title="Profile"
      actions={
        <Button look="small" onClick={() => setEditing(true)}>
          Edit
        </Button>
      }
    >
      <Facts>
        <Fact name="Name">{name ?? <span className="soft">not given</span>}</Fact>
        <Fact name="Phone">{phone ?? <span className="soft">not given</span>}</Fact>
        <Fact name="Told by">{notify_by.map(channelWords).join(' and ')}</Fact>
        <Fact name="Address">
          {address ? <AddressLines address={address} /> : <span className="soft">not given</span>}
        </Fact>
      </Facts>
    </Panel>
  );
}

const CHANNELS: readonly Channel[] = ['email', 'sms'];

function ProfileForm({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const [touched, setTouched] = useState(false);
  const queries = useQueryClient();
  // As it was when the form was opened: what changes meanwhile was not typed here.
  const [before] = useState(customer);
  const [notify_by, setChannels] = useState<readonly Channel[]>(before.notify_by);
  const untold = notify_by.length === 0;
  const sending = useSending(async (text, form) => {
    if (untold) return;
    const typed = { name: text('name') || null, phone: text('phone') || null, address: addressIn(form) ?? null };
    const body = profileChanges(before, { ...typed, notify_by: [...notify_by] });
    if (Object.keys(body).length > 0) {
      const params = { id: before.id };
      queries.setQueryData(['customers', before.id], await call(UpdateCustomer, { params, body }));
      void queries.invalidateQueries({ queryKey: ['customers'] });
    }
    toast('Saved');
    onDone();
  });
  const { faults } = sending;
  return (
    <Panel title="Profile">
      <form className="form" onSubmit={sending.submit} onChange={() => setTouched(true)}>
        <Refusal sending={sending} />
        <Input
          label="Name"
          name="name"
          optional
          autoFocus
          defaultValue={before.name ?? ''}
          maxLength={200}
          fault={faults['/name']}
        />
        <Input
          label="Phone"
          name="phone"
          type="tel"
          optional
          defaultValue={before.phone ?? ''}
          maxLength={30}
          fault={faults['/phone']}
        />
        <Channels
          chosen={notify_by}
          set={setChannels}
          fault={untold ? 'Choose at least one: orders are told of somehow' : faults['/notify_by']}
        />
        <AddressFields address={before.address} faults={faults} />
        <div className="row spread">
          <Button tone="quiet" onClick={onDone}>
            Discard
          </Button>
          <Button type="submit" tone="primary" busy={sending.busy}>
            Save
          </Button>
        </div>
      </form>
      <Unsaved when={touched} />
    </Panel>
  );
}

interface ChannelsProps {
  chosen: readonly Channel[];
  set: (channels: readonly Channel[]) => void;
  fault: string | undefined;
}

function Channels({ chosen, set, fault }: ChannelsProps) {
  const id = useId();
  return (
    <fieldset className="stack-small" aria-describedby={fault && id}>
      <legend className="label">Told by</legend>
      {CHANNELS.map((channel) => (
        <label key={channel} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(channel)}
            onChange={({ target }) =>
              set(CHANNELS.filter((one) => (one === channel ? target.checked : chosen.includes(one))))
            }
          />
          {channelWords(channel)}
        </label>
      ))}
      {fault && (
        <p className="fault" id={id} role="alert">
          {fault}
        </p>
      )}
    </fieldset>
  );
}
