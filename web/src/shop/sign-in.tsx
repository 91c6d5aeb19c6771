/** Log in, and open an account. */
import { type FormEvent, useState } from 'react';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { Register } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { placeOf } from '../api/next.ts';
import { signIn, useSignedIn } from '../api/session.ts';
import { EmailInput, NewPasswordInput, PasswordInput } from '../ui/credentials.tsx';
import { Button, faultsOf, Input, Notice, ProblemNotice } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';

export function useNext(): string {
  const [search] = useSearchParams();
  return placeOf(search.get('next'), '/account');
}

/** Runs what a form asks for, once at a time, and keeps the no. */
export function useSubmit(work: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return { submit, busy, error };
}

export function LoginPage() {
  useTitle('Log in');
  const next = useNext();
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { submit, busy, error } = useSubmit(async () => {
    await signIn(email.trim(), password);
    navigate(next, { replace: true });
  });
  if (useSignedIn()) return <Navigate to={next} replace />;
  return (
    <div className="narrow">
      <h1>Log in</h1>
      <form className="form" onSubmit={submit}>
        <ProblemNotice error={error} />
        <EmailInput value={email} onChange={({ target }) => setEmail(target.value)} />
        <PasswordInput value={password} onChange={({ target }) => setPassword(target.value)} />
        <Button type="submit" tone="primary" look="large wide" busy={busy}>
          Log in
        </Button>
      </form>
      <p className="small">
        <Link to="/forgot-password">Forgot the password?</Link>
      </p>
      <p className="small">
        No account yet? <Link to={`/register?${new URLSearchParams({ next })}`}>Open one</Link>, or order as a guest.
      </p>
    </div>
  );
}

export function RegisterPage() {
  useTitle('Open an account');
  const next = useNext();
  const navigate = useNavigate();
  const [form, setForm] = useState({ name: '', email: '', password: '' });
  const [asked, setAsked] = useState(false);
  const { submit, busy, error } = useSubmit(async () => {
    const email = form.email.trim();
    await call(Register, {
      body: { email, password: form.password, ...(form.name.trim() && { name: form.name.trim() }) },
    });
    try {
      await signIn(email, form.password);
      navigate(next, { replace: true });
    } catch (problem) {
      // There is one already: its owner has mail, and nobody else learns of it here.
      if (!(problem instanceof Problem) || problem.code !== 'wrong-credentials') throw problem;
      setAsked(true);
    }
  });
  const faults = faultsOf(error);
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: ({ target }: React.ChangeEvent<HTMLInputElement>) => setForm({ ...form, [name]: target.value }),
    fault: faults[`/${name}`],
  });
  if (asked) {
    return (
      <div className="narrow">
        <h1>Look into your mail</h1>
        <Notice icon="mail">
          We have written to {form.email}. If you have an account with us already, the mail tells how to get into it.
        </Notice>
      </div>
    );
  }
  return (
    <div className="narrow">
      <h1>Open an account</h1>
      <p className="soft">Your orders and addresses in one place, and your cart on every device.</p>
      <form className="form" onSubmit={submit}>
        <ProblemNotice error={error} shown={['/email', '/password', '/name']} />
        <Input label="Name" autoComplete="name" maxLength={200} optional {...field('name')} />
        <EmailInput {...field('email')} />
        <NewPasswordInput
          label="Password"
          hint="Eight characters or more; a few words are easy to keep in mind and hard to guess"
          {...field('password')}
        />
        <Button type="submit" tone="primary" look="large wide" busy={busy}>
          Open the account
        </Button>
      </form>
      <p className="small">
        You have one? <Link to={`/login?${new URLSearchParams({ next })}`}>Log in</Link>
      </p>
    </div>
  );
}
