/** An account that an admin opens for somebody. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type Customer, Register, type Role, UpdateCustomer } from '../../../../src/contracts/customers.ts';
import { call } from '../../api/client.ts';
import { EmailInput, NewPasswordInput, PasswordInput } from '../../ui/credentials.tsx';
import { Button, ButtonLink, Input, Select } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Refusal, useSending } from '../form.tsx';
import { PageHead } from '../page-head.tsx';
import { Panel } from '../panel.tsx';
import { Unsaved } from '../unsaved.tsx';

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const made = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(16)), (one) => LETTERS[one % LETTERS.length]).join('');

export function NewCustomerPage() {
  const [password, setPassword] = useState(made);
  const [role, setRole] = useState<Role>('customer');
  const [touched, setTouched] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const sending = useSending(async (text) => {
    const [name, phone] = [text('name'), text('phone')];
    const body = { email: text('email'), password, ...(name && { name }), ...(phone && { phone }) };
    // To an admin the shop answers with the account itself.
    const customer = (await call(Register, { body })) as unknown as Customer;
    if (role === 'admin') await promote(customer, text('current_password'));
    void queries.invalidateQueries({ queryKey: ['customers'] });
    navigate(`/customers/${customer.id}`, { replace: true });
  });
  const { busy, faults } = sending;

  return (
    <form className="page narrow-page" onSubmit={sending.submit} onChange={() => setTouched(true)}>
      <PageHead title="Add a customer" back={{ to: '/customers', label: 'Customers' }}>
        <ButtonLink to="/customers">Discard</ButtonLink>
        <Button type="submit" tone="primary" busy={busy}>
          Save
        </Button>
      </PageHead>
      <Refusal sending={sending} />
      <Panel title="Account">
        <div className="columns">
          <EmailInput name="email" autoFocus autoComplete="off" fault={faults['/email']} />
          <NewPasswordInput
            label="First password"
            type="text"
            hint="Hand it over; they can choose their own with “Forgot the password?”"
            value={password}
            autoComplete="off"
            spellCheck={false}
            fault={faults['/password']}
            onChange={({ target }) => setPassword(target.value)}
          />
        </div>
        <div className="columns">
          <Input label="Name" name="name" optional maxLength={200} autoComplete="off" fault={faults['/name']} />
          <Input
            label="Phone"
            name="phone"
            type="tel"
            optional
            maxLength={30}
            autoComplete="off"
            fault={faults['/phone']}
          />
        </div>
        <RoleFields role={role} setRole={setRole} />
      </Panel>
      <Unsaved when={touched && !busy} />
    </form>
  );
}

function RoleFields({ role, setRole }: { role: Role; setRole: (role: Role) => void }) {
  return (
    <div className="columns">
      <Select label="Role" value={role} onChange={({ target }) => setRole(target.value as Role)}>
        <option value="customer">Customer</option>
        <option value="admin">Admin: runs the shop</option>
      </Select>
      {role === 'admin' ? (
        <PasswordInput label="Your own password" name="current_password" hint="Admins can do everything that you can" />
      ) : (
        <span />
      )}
    </div>
  );
}

/** The account is there by now: what is refused here can be done on its page. */
async function promote({ id }: Customer, current_password: string): Promise<void> {
  try {
    await call(UpdateCustomer, { params: { id }, body: { role: 'admin', current_password } });
  } catch (error) {
    toast(`The account is there, but is no admin: ${(error as Error).message}`);
  }
}
