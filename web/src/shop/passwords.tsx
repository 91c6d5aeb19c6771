/** A forgotten password: ask for a mail, and set a new one with the link in it. */
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { ForgotPassword, ResetPassword } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { forgetSession } from '../api/session.ts';
import { EmailInput, NewPasswordInput } from '../ui/credentials.tsx';
import { Button, faultsOf, Notice, ProblemNotice } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';
import { toast } from '../ui/toasts.tsx';
import { useSubmit } from './sign-in.tsx';

export function ForgotPage() {
  useTitle('Forgotten password');
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const { submit, busy, error } = useSubmit(async () => {
    await call(ForgotPassword, { body: { email: email.trim() } });
    setSent(true);
  });
  return (
    <div className="narrow">
      <h1>Forgotten password</h1>
      {sent ? (
        <Notice tone="good" icon="mail">
          If there is an account for {email}, a mail with a link is on its way. It is good for an hour.
        </Notice>
      ) : (
        <form className="form" onSubmit={submit}>
          <ProblemNotice error={error} />
          <EmailInput value={email} onChange={({ target }) => setEmail(target.value)} />
          <Button type="submit" tone="primary" look="large wide" busy={busy}>
            Send me a link
          </Button>
        </form>
      )}
      <p className="small">
        <Link to="/login">Back to the login</Link>
      </p>
    </div>
  );
}

export function ResetPage() {
  useTitle('New password');
  const [search] = useSearchParams();
  const [password, setPassword] = useState('');
  const navigate = useNavigate();
  const token = search.get('token') ?? '';
  const { submit, busy, error } = useSubmit(async () => {
    await call(ResetPassword, { body: { token, password } });
    forgetSession();
    toast('Your password is changed; log in with it');
    navigate('/login', { replace: true });
  });
  return (
    <div className="narrow">
      <h1>New password</h1>
      {token === '' ? (
        <Notice tone="bad">
          This link is not whole. Open it from the mail again, or <Link to="/forgot-password">ask for another</Link>.
        </Notice>
      ) : (
        <form className="form" onSubmit={submit}>
          <ProblemNotice error={error} shown={['/password']} />
          {error instanceof Problem && error.code === 'invalid-reset-token' && (
            <p>
              <Link to="/forgot-password">Ask for another link</Link>
            </p>
          )}
          <NewPasswordInput
            hint="It ends every session of your account"
            fault={faultsOf(error)['/password']}
            value={password}
            onChange={({ target }) => setPassword(target.value)}
          />
          <Button type="submit" tone="primary" look="large wide" busy={busy}>
            Set it
          </Button>
        </form>
      )}
    </div>
  );
}
