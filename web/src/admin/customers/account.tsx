/** What opens the account: e-mail, password, role. Changing any of it needs the password of the admin who does it. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Customer, Role, UpdateCustomer } from '../../../../src/contracts/customers.ts';
import { call } from '../../api/client.ts';
import { Button, faultsOf, Input, ProblemNotice, Select } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { moment } from '../../ui/words.tsx';
import { Fact, Facts, Panel } from '../panel.tsx';
import { plainWords } from '../states.tsx';

export function AccountPanel({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  const { email, role, updated_at } = customer;
  return (
    <Panel
      title="Account"
      actions={
        <Button look="small" onClick={() => setOpen(true)}>
          Change
        </Button>
      }
    >
      <Facts>
        <Fact name="E-mail">
          <a href={`mailto:${email}`} className="break">
            {email}
          </a>
        </Fact>
        <Fact name="Role">{plainWords(role)}</Fact>
        <Fact name="Changed">{moment(updated_at)}</Fact>
      </Facts>
      {open && <AccountDialog customer={customer} onClose={() => setOpen(false)} />}
    </Panel>
  );
}

function AccountDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const [email, setEmail] = useState(customer.email);
  const [role, setRole] = useState(customer.role);
  const [password, setPassword] = useState('');
  const [own, setOwn] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const faults = faultsOf(error);
  const changed = {
    ...(email.trim() !== customer.email && { email: email.trim() }),
    ...(role !== customer.role && { role }),
    ...(password !== '' && { password }),
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const body = { ...changed, current_password: own };
      queries.setQueryData(
        ['customers', customer.id],
        await call(UpdateCustomer, { params: { id: customer.id }, body }),
      );
      await queries.invalidateQueries({ queryKey: ['customers'] });
      await queries.invalidateQueries({ queryKey: ['me'] });
      toast('Saved');
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title="Change the account" open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <ProblemNotice error={error} shown={Object.keys(faults)} />
        <Input
          label="E-mail"
          type="email"
          hint="A new address is told to the old one"
          value={email}
          maxLength={254}
          autoComplete="off"
          fault={faults['/email']}
          onChange={({ target }) => setEmail(target.value)}
        />
        <Select
          label="Role"
          hint="Admins can do everything that you can"
          value={role}
          fault={faults['/role']}
          onChange={({ target }) => setRole(target.value as Role)}
        >
          {Role.enum.map((one) => (
            <option key={one} value={one}>
              {plainWords(one)}
            </option>
          ))}
        </Select>
        <Input
          label="New password"
          type="password"
          optional
          hint="It ends every session of the account"
          value={password}
          minLength={8}
          maxLength={200}
          autoComplete="new-password"
          fault={faults['/password']}
          onChange={({ target }) => setPassword(target.value)}
        />
        <Input
          label="Your own password"
          type="password"
          hint="So that nobody does this at a desk that you have left"
          value={own}
          maxLength={200}
          autoComplete="current-password"
          fault={faults['/current_password']}
          onChange={({ target }) => setOwn(target.value)}
        />
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" tone="primary" busy={busy} disabled={Object.keys(changed).length === 0 || own === ''}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
