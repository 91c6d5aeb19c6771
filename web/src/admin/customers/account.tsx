/** What opens the account: e-mail, password, role. Changing any of it needs the password of the admin who does it. */
import { useQueryClient } from '@tanstack/react-query';
import { type ChangeEvent, useState } from 'react';
import { type Customer, Role, UpdateCustomer } from '../../../../src/contracts/customers.ts';
import { call } from '../../api/client.ts';
import { EmailInput, NewPasswordInput, PasswordInput } from '../../ui/credentials.tsx';
import { Button, Select } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { moment } from '../../ui/words.tsx';
import { FormDialog, useSending } from '../form.tsx';
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
  const [typed, setTyped] = useState({ email: customer.email, role: customer.role, password: '', own: '' });
  const set = (changes: Partial<typeof typed>) => setTyped((now) => ({ ...now, ...changes }));
  const queries = useQueryClient();
  const { email, role, password, own } = typed;
  const changed = {
    ...(email.trim() !== customer.email && { email: email.trim() }),
    ...(role !== customer.role && { role }),
    ...(password !== '' && { password }),
  };
  const sending = useSending(async () => {
    const body = { ...changed, current_password: own };
    const next = await call(UpdateCustomer, { params: { id: customer.id }, body });
    queries.setQueryData(['customers', customer.id], next);
    void queries.invalidateQueries({ queryKey: ['customers'] });
    void queries.invalidateQueries({ queryKey: ['me'] });
    toast('Saved');
    onClose();
  });
  const field = (name: keyof typeof typed, pointer = `/${name}`) => ({
    value: typed[name],
    fault: sending.faults[pointer],
    onChange: ({ target }: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => set({ [name]: target.value }),
  });
  return (
    <FormDialog
      title="Change the account"
      sending={sending}
      action="Save"
      disabled={Object.keys(changed).length === 0 || own === ''}
      onClose={onClose}
    >
      <EmailInput hint="A new address is told to the old one" autoComplete="off" {...field('email')} />
      <Select label="Role" hint="Admins can do everything that you can" {...field('role')}>
        {Role.enum.map((one) => (
          <option key={one} value={one}>
            {plainWords(one)}
          </option>
        ))}
      </Select>
      <NewPasswordInput optional hint="It ends every session of the account" {...field('password')} />
      <PasswordInput
        label="Your own password"
        hint="So that nobody does this at a desk that you have left"
        {...field('own', '/current_password')}
      />
    </FormDialog>
  );
}
