/** The admin's door. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { signIn, useSignedIn } from '../api/session.ts';
import { Button, faultsOf, Input, ProblemNotice } from '../ui/kit.tsx';
import { SHOP_NAME, useTitle } from '../ui/page.ts';
import { Mark } from './mark.tsx';

export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="door">
      <div className="door-card card">
        <div className="brand">
          <Mark /> {SHOP_NAME}
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

export function LoginPage() {
  useTitle('Log in to the admin');
  const signedIn = useSignedIn();
  const [params] = useSearchParams();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const faults = faultsOf(error);
  // Only a path of the admin itself: the router reads it below its own root.
  const next = params.get('next') ?? '/';
  if (signedIn) return <Navigate to={/^\/(?!\/)/.test(next) ? next : '/'} replace />;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await signIn(String(form.get('email')).trim(), String(form.get('password')));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Door title="Log in to the admin">
      <form className="form" onSubmit={submit}>
        <ProblemNotice error={error} shown={['/email', '/password']} />
        <Input
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          autoFocus
          fault={faults['/email']}
          maxLength={254}
        />
        <Input
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          fault={faults['/password']}
          maxLength={200}
        />
        <Button type="submit" tone="primary" look="wide" busy={busy}>
          Log in
        </Button>
      </form>
      <p className="soft">
        <a href="/forgot-password">Forgot the password?</a> · <a href="/">To the shop</a>
      </p>
    </Door>
  );
}
