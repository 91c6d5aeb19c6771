/** The admin's door. */
import type { ReactNode } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { placeOf } from '../api/next.ts';
import { signIn, useSignedIn } from '../api/session.ts';
import { EmailInput, PasswordInput } from '../ui/credentials.tsx';
import { Button } from '../ui/kit.tsx';
import { Mark } from '../ui/mark.tsx';
import { SHOP_NAME, useTitle } from '../ui/page.ts';
import { Refusal, useSending } from './form.tsx';

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
  const sending = useSending((text, form) => signIn(text('email'), String(form.get('password'))));
  const { faults } = sending;
  if (signedIn) return <Navigate to={placeOf(params.get('next'), '/')} replace />;

  return (
    <Door title="Log in to the admin">
      <form className="form" onSubmit={sending.submit}>
        <Refusal sending={sending} />
        <EmailInput name="email" autoFocus fault={faults['/email']} />
        <PasswordInput name="password" fault={faults['/password']} />
        <Button type="submit" tone="primary" look="wide" busy={sending.busy}>
          Log in
        </Button>
      </form>
      <p className="soft">
        <a href="/forgot-password">Forgot the password?</a> · <a href="/">To the shop</a>
      </p>
    </Door>
  );
}
