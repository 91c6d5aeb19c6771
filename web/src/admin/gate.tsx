/** Only admins get in. The shop itself checks every call; this says so before anybody sees an empty page. */
import { useEffect } from 'react';
import { Navigate, useLocation } from 'react-router';
import { Problem } from '../api/http.ts';
import { useMe, useNoLeftovers } from '../api/me.ts';
import { forgetSession, useSignedIn } from '../api/session.ts';
import { Button, Failure } from '../ui/kit.tsx';
import { SHOP_NAME, useTitle } from '../ui/page.ts';
import { leave } from './leave.ts';
import { Door } from './login.tsx';
import { Shell } from './shell.tsx';

export function Gate() {
  const signedIn = useSignedIn();
  const { pathname, search } = useLocation();
  const me = useMe();
  useNoLeftovers();
  const refused = me.error instanceof Problem && me.error.status === 401;
  useEffect(() => {
    // Even a new token was not taken. While there seems to be a session, the login would send people back here.
    if (refused) forgetSession();
  }, [refused]);
  if (!signedIn) {
    const next = `${pathname}${search}`;
    return <Navigate to={next === '/' ? '/login' : `/login?${new URLSearchParams({ next })}`} replace />;
  }
  if (me.data) return me.data.role === 'admin' ? <Shell me={me.data} /> : <NotAdmin email={me.data.email} />;
  if (me.error && !refused) {
    return (
      <Door title="The admin cannot be opened now">
        <Failure error={me.error} retry={() => void me.refetch()} />
      </Door>
    );
  }
  return <div className="opening" role="status" aria-label="Opening the admin" />;
}

function NotAdmin({ email }: { email: string }) {
  useTitle('No admission');
  return (
    <Door title="This is the shop’s office">
      <p>
        You are logged in as <strong>{email}</strong>, a customer of {SHOP_NAME}. Only those who run the shop get in
        here. If that is you, ask another admin to change your role.
      </p>
      <div className="row spread">
        <a className="button plain" href="/">
          Go to the shop
        </a>
        <Button tone="primary" onClick={leave}>
          Log in as somebody else
        </Button>
      </div>
    </Door>
  );
}
