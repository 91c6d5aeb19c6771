/** Name, phone, address, and how somebody wants to be told. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Customer, UpdateCustomer } from '../../../../src/contracts/customers.ts';
import type { Channel } from '../../../../src/contracts/shapes.ts';
import { call } from '../../api/client.ts';
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
  const sending = useSending(async (text, form) => {
    const notify_by = CHANNELS.filter((channel) => form.has(channel));
    const address = addressIn(form);
    const body = {
      name: text('name') || null,
      phone: text('phone') || null,
      ...(notify_by.length > 0 && { notify_by }),
      address: address ?? null,
    };
    queries.setQueryData(['customers', customer.id], await call(UpdateCustomer, { params: { id: customer.id }, body }));
    void queries.invalidateQueries({ queryKey: ['customers'] });
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
          defaultValue={customer.name ?? ''}
          maxLength={200}
          fault={faults['/name']}
        />
        <Input
          label="Phone"
          name="phone"
          type="tel"
          optional
          defaultValue={customer.phone ?? ''}
          maxLength={30}
          fault={faults['/phone']}
        />
        <fieldset className="stack-small">
          <legend className="label">Told by</legend>
          {CHANNELS.map((channel) => (
            <label key={channel} className="check">
              <input type="checkbox" name={channel} defaultChecked={customer.notify_by.includes(channel)} />
              {channelWords(channel)}
            </label>
          ))}
          {faults['/notify_by'] && <p className="fault">{faults['/notify_by']}</p>}
        </fieldset>
        <AddressFields address={customer.address} faults={faults} />
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
