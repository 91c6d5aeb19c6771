/** The account: who one is, how one is told, the password, one's data, and the way out. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Navigate, NavLink, Outlet, useLocation, useNavigate, useOutletContext } from 'react-router';
import { type Customer, DeleteCustomer, ExportCustomer, UpdateCustomer } from '../../../src/contracts/customers.ts';
import type { Channel } from '../../../src/contracts/shapes.ts';
import { call } from '../api/client.ts';
import { meKey, useMe } from '../api/me.ts';
import { profileChanges } from '../api/profile-changes.ts';
import { forgetSession, signOut, useSignedIn } from '../api/session.ts';
import { EmailInput, NewPasswordInput, PasswordInput } from '../ui/credentials.tsx';
import { Button, Failure, faultsOf, Input, Notice, ProblemNotice, Skeleton } from '../ui/kit.tsx';
import { Dialog } from '../ui/overlays.tsx';
import { useTitle } from '../ui/page.ts';
import { toast } from '../ui/toasts.tsx';
import { settleCart } from './cart-sync.ts';
import { PageHead } from './shell.tsx';
import { useSubmit } from './sign-in.tsx';
import './account.css';

export const useAccount = () => useOutletContext<Customer>();

export function AccountLayout() {
  const signedIn = useSignedIn();
  const { pathname } = useLocation();
  const me = useMe();
  if (!signedIn) return <Navigate to={`/login?${new URLSearchParams({ next: pathname })}`} replace />;
  return (
    <div className="page">
      <PageHead title={me.data?.name ? `Hello, ${me.data.name}` : 'Your account'} />
      <nav className="tabs" aria-label="Account">
        <NavLink to="/account" end>
          Profile
        </NavLink>
        <NavLink to="/account/orders">Orders</NavLink>
        <NavLink to="/account/addresses">Addresses</NavLink>
        {me.data?.role === 'admin' && <a href="/admin">Admin</a>}
        <SignOut />
      </nav>
      {me.isPending && <Skeleton height="16rem" />}
      {me.error && !me.data && <Failure error={me.error} retry={() => void me.refetch()} />}
      {me.data && <Outlet context={me.data} />}
    </div>
  );
}

function SignOut() {
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();
  const leave = async () => {
    setBusy(true);
    try {
      await settleCart();
      await signOut();
      navigate('/', { replace: true });
    } catch {
      toast('That did not work; try again');
      setBusy(false);
    }
  };
  return (
    <Button tone="quiet" look="small" busy={busy} onClick={leave}>
      Log out
    </Button>
  );
}

export function ProfilePage() {
  useTitle('Your account');
  const account = useAccount();
  return (
    <div className="account">
      <ProfileForm key={account.version} account={account} />
      <PasswordForm account={account} />
      <section className="card form" aria-labelledby="data">
        <h2 id="data">Your data and your devices</h2>
        <div className="row">
          <ExportButton account={account} />
          <EverywhereButton />
          <CloseButton account={account} />
        </div>
      </section>
    </div>
  );
}

function ProfileForm({ account }: { account: Customer }) {
  const queries = useQueryClient();
  const [form, setForm] = useState({
    name: account.name ?? '',
    phone: account.phone ?? '',
    email: account.email,
    current_password: '',
    sms: account.notify_by.includes('sms'),
  });
  const { submit, busy, error } = useSubmit(async () => {
    const { name, phone, email, current_password, sms } = form;
    const was = account.notify_by;
    const notify_by: Channel[] = sms === was.includes('sms') ? was : sms ? [...was, 'sms'] : ['email'];
    const body = {
      ...profileChanges(account, { ...account, name: name.trim() || null, phone: phone.trim() || null, notify_by }),
      ...(email.trim() !== account.email && { email: email.trim(), current_password }),
    };
    if (Object.keys(body).length > 0) {
      const changed = await call(UpdateCustomer, { params: { id: account.id }, body });
      queries.setQueryData(meKey(account.id), changed);
    }
    toast('Your profile is saved');
  });
  const faults = faultsOf(error);
  const field = (name: 'name' | 'phone' | 'email' | 'current_password') => ({
    value: form[name],
    onChange: ({ target }: React.ChangeEvent<HTMLInputElement>) => setForm({ ...form, [name]: target.value }),
    fault: faults[`/${name}`],
  });
  return (
    <form className="card form" onSubmit={submit}>
      <h2>Profile</h2>
      <ProblemNotice error={error} shown={Object.keys(faults)} />
      <div className="columns">
        <Input label="Name" autoComplete="name" maxLength={200} optional {...field('name')} />
        <Input label="Phone" type="tel" autoComplete="tel" maxLength={30} optional {...field('phone')} />
      </div>
      <EmailInput autoComplete="email" {...field('email')} />
      {form.email.trim() !== account.email && (
        <PasswordInput label="Your password, to change the e-mail" {...field('current_password')} />
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={form.sms}
          onChange={({ target }) => setForm({ ...form, sms: target.checked })}
        />
        Tell me of my orders by SMS too
      </label>
      {faults['/notify_by'] && <p className="fault">{faults['/notify_by']}</p>}
      <div>
        <Button type="submit" tone="primary" busy={busy}>
          Save
        </Button>
      </div>
    </form>
  );
}

function PasswordForm({ account }: { account: Customer }) {
  const [form, setForm] = useState({ current_password: '', password: '' });
  const navigate = useNavigate();
  const { submit, busy, error } = useSubmit(async () => {
    await call(UpdateCustomer, { params: { id: account.id }, body: form });
    forgetSession();
    toast('Your password is changed; log in with it');
    navigate('/login');
  });
  const faults = faultsOf(error);
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: ({ target }: React.ChangeEvent<HTMLInputElement>) => setForm({ ...form, [name]: target.value }),
    fault: faults[`/${name}`],
  });
  return (
    <form className="card form" onSubmit={submit}>
      <h2>Password</h2>
      <ProblemNotice error={error} shown={Object.keys(faults)} />
      <div className="columns">
        <PasswordInput label="Current password" {...field('current_password')} />
        <NewPasswordInput {...field('password')} />
      </div>
      <p className="hint">It ends every session of your account; you log in again.</p>
      <div>
        <Button type="submit" busy={busy}>
          Change the password
        </Button>
      </div>
    </form>
  );
}

function ExportButton({ account }: { account: Customer }) {
  const [href, setHref] = useState<string>();
  useEffect(() => () => (href ? URL.revokeObjectURL(href) : undefined), [href]);
  const { submit, busy, error } = useSubmit(async () => {
    const everything = await call(ExportCustomer, { params: { id: account.id } });
    setHref(URL.createObjectURL(new Blob([JSON.stringify(everything, null, 2)], { type: 'application/json' })));
  });
  if (href) {
    return (
      <a className="button plain" href={href} download="my-data.json">
        Save the file
      </a>
    );
  }
  return (
    <form onSubmit={submit}>
      <Button type="submit" busy={busy}>
        {error ? 'That did not work: try again' : 'Get all my data'}
      </Button>
    </form>
  );
}

function EverywhereButton() {
  const navigate = useNavigate();
  const { submit, busy } = useSubmit(async () => {
    await settleCart();
    await signOut({ everywhere: true });
    navigate('/login');
  });
  return (
    <form onSubmit={submit}>
      <Button type="submit" busy={busy}>
        Log out everywhere
      </Button>
    </form>
  );
}

function CloseButton({ account }: { account: Customer }) {
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState('');
  const navigate = useNavigate();
  const { submit, busy, error } = useSubmit(async () => {
    await call(DeleteCustomer, { params: { id: account.id }, body: { current_password: password } });
    forgetSession();
    toast('Your account is closed');
    navigate('/');
  });
  return (
    <>
      <Button tone="quiet" onClick={() => setOpen(true)}>
        Close the account…
      </Button>
      <Dialog title="Close your account?" open={open} onClose={() => setOpen(false)}>
        <form className="form" onSubmit={submit}>
          <Notice tone="wait">
            Your name, addresses and everything else about you is erased from the whole shop; an order that is still on
            its way keeps what it needs until it has ended. Orders stay in the books without you. This cannot be undone.
          </Notice>
          <ProblemNotice error={error} />
          <PasswordInput label="Your password" value={password} onChange={({ target }) => setPassword(target.value)} />
          <div className="row spread">
            <Button tone="quiet" onClick={() => setOpen(false)}>
              Not now
            </Button>
            <Button type="submit" tone="danger" busy={busy}>
              Close it for good
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
