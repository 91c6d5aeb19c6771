/** The address book of the account. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  AddAddress,
  DeleteAddress,
  ListAddresses,
  type SavedAddress,
  UpdateAddress,
} from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { AddressLines } from '../ui/address-lines.tsx';
import { Button, Empty, Failure, faultsOf, Input, ProblemNotice, Skeleton } from '../ui/kit.tsx';
import { Confirm, Dialog } from '../ui/overlays.tsx';
import { useTitle } from '../ui/page.ts';
import { toast } from '../ui/toasts.tsx';
import { Badge } from '../ui/words.tsx';
import { useAccount } from './account.tsx';
import { AddressFields, type AddressParts, filled, NO_ADDRESS } from './address.tsx';
import { useSubmit } from './sign-in.tsx';

export function AddressesPage() {
  useTitle('Addresses');
  const { id } = useAccount();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<SavedAddress | 'new'>();
  const list = useQuery({
    queryKey: ['addresses', id],
    queryFn: ({ signal }) => call(ListAddresses, { params: { id }, signal }),
  });
  const changed = () => queries.invalidateQueries({ queryKey: ['addresses', id] });
  if (list.isPending) return <Skeleton height="12rem" />;
  if (list.error && !list.data) return <Failure error={list.error} retry={() => void list.refetch()} />;
  const add = (
    <Button tone="primary" onClick={() => setEdited('new')}>
      Add an address
    </Button>
  );
  return (
    <>
      {list.data.items.length === 0 ? (
        <Empty icon="pin" title="No addresses yet">
          <p>Keep those you send things to; the checkout offers them.</p>
          {add}
        </Empty>
      ) : (
        <>
          <ul className="addresses">
            {list.data.items.map((saved) => (
              <AddressCard key={saved.id} saved={saved} onEdit={() => setEdited(saved)} onChanged={changed} />
            ))}
          </ul>
          {add}
        </>
      )}
      {edited && (
        <AddressDialog
          saved={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onSaved={changed}
        />
      )}
    </>
  );
}

interface AddressCardProps {
  saved: SavedAddress;
  onEdit: () => void;
  onChanged: () => Promise<void>;
}

function AddressCard({ saved, onEdit, onChanged }: AddressCardProps) {
  const { id: customer } = useAccount();
  const [asking, setAsking] = useState(false);
  const params = { id: customer, address_id: saved.id };
  const makeDefault = async () => {
    await call(UpdateAddress, { params, body: { is_default: true } }).catch(() =>
      toast('That did not work; try again'),
    );
    await onChanged();
  };
  const remove = async () => {
    await call(DeleteAddress, { params });
    await onChanged();
  };
  return (
    <li className="card form">
      <div className="row spread">
        <h2>{saved.label ?? saved.address.city}</h2>
        {saved.is_default && <Badge tone="good">Default</Badge>}
      </div>
      <AddressLines address={saved.address} />
      <div className="row">
        <Button look="small" onClick={onEdit}>
          Change
        </Button>
        {!saved.is_default && (
          <Button look="small" onClick={makeDefault}>
            Make it the default
          </Button>
        )}
        <Button look="small" tone="quiet" onClick={() => setAsking(true)}>
          Remove
        </Button>
      </div>
      <Confirm
        title="Remove this address?"
        action="Remove it"
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={remove}
      >
        <p>Orders that were sent there keep it.</p>
      </Confirm>
    </li>
  );
}

interface AddressDialogProps {
  saved: SavedAddress | undefined;
  onClose: () => void;
  onSaved: () => Promise<void>;
}

function AddressDialog({ saved, onClose, onSaved }: AddressDialogProps) {
  const { id } = useAccount();
  const [label, setLabel] = useState(saved?.label ?? '');
  const [address, setAddress] = useState<AddressParts>(saved?.address ?? NO_ADDRESS);
  const { submit, busy, error } = useSubmit(async () => {
    const named = label.trim();
    const body = { address: filled(address), ...(named && { label: named }) };
    const params = { id, address_id: saved?.id ?? '' };
    if (saved) await call(UpdateAddress, { params, body: { ...body, label: named || null } });
    else await call(AddAddress, { params, body });
    await onSaved();
    onClose();
  });
  const faults = faultsOf(error);
  return (
    <Dialog title={saved ? 'Change the address' : 'New address'} open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <ProblemNotice error={error} shown={Object.keys(faults)} />
        <Input
          label="Name of this address"
          placeholder="Home, work…"
          maxLength={100}
          optional
          fault={faults['/label']}
          value={label}
          onChange={({ target }) => setLabel(target.value)}
        />
        <Input
          label="Who lives there"
          autoComplete="name"
          maxLength={200}
          optional
          fault={faults['/address/name']}
          value={address.name ?? ''}
          onChange={({ target }) => setAddress({ ...address, name: target.value })}
        />
        <AddressFields value={address} onChange={setAddress} faults={faults} pointer="/address" />
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" tone="primary" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
