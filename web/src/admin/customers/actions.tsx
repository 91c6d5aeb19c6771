/** What an account's owner may ask for: everything that is kept about them, and to be forgotten. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type Customer, DeleteCustomer, ExportCustomer } from '../../../../src/contracts/customers.ts';
import { call } from '../../api/client.ts';
import { accountId, forgetSession } from '../../api/session.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, faultsOf, Input, wordsOf } from '../../ui/kit.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { saveAs } from '../download.ts';

export function CustomerActions({ customer }: { customer: Customer }) {
  const [closing, setClosing] = useState(false);
  const [busy, setBusy] = useState(false);
  const name = customer.name ?? customer.email;

  async function save() {
    setBusy(true);
    try {
      const all = await call(ExportCustomer, { params: { id: customer.id } });
      saveAs(new Blob([JSON.stringify(all, null, 2)], { type: 'application/json' }), `${customer.email}.json`);
    } catch (error) {
      toast(`No file was written. ${wordsOf(error).message}`);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Button busy={busy} onClick={save}>
        <Icon name="download" size={16} />
        Export data
      </Button>
      <Button onClick={() => setClosing(true)}>Close account</Button>
      {closing && <Closing customer={customer} name={name} onClose={() => setClosing(false)} />}
    </>
  );
}

interface ClosingProps {
  customer: Customer;
  name: string;
  onClose: () => void;
}

function Closing({ customer, name, onClose }: ClosingProps) {
  const [own, setOwn] = useState('');
  const [fault, setFault] = useState<string>();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <Confirm
      title={`Close the account of ${name}`}
      action="Close it for good"
      open
      onClose={onClose}
      onConfirm={async () => {
        try {
          await call(DeleteCustomer, {
            params: { id: customer.id },
            body: own === '' ? {} : { current_password: own },
          });
        } catch (error) {
          setFault(faultsOf(error)['/current_password']);
          throw error;
        }
        if (customer.id === accountId()) {
          forgetSession();
          // The page of an account that is gone is nowhere to come back to after the next login.
          return location.replace('/admin/login');
        }
        toast(`The account of ${name} is closed`);
        await navigate('/customers');
        queries.removeQueries({ queryKey: ['customers', customer.id] });
        await queries.invalidateQueries({ queryKey: ['customers'] });
      }}
    >
      <p>
        Nobody can log in to it any more. Name, addresses, e-mail and phone are erased from the whole shop, also from
        its orders and messages; an order that is still on its way keeps what it needs until it has ended. The orders
        themselves stay in the books. There is no way back.
      </p>
      <Input
        label="Your own password"
        type="password"
        autoComplete="current-password"
        maxLength={200}
        value={own}
        fault={fault}
        onChange={({ target }) => setOwn(target.value)}
      />
    </Confirm>
  );
}
