/** Pages that are not there, and pages that failed. */
import { useRouteError } from 'react-router';
import { Button, ButtonLink, Empty } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';

export function NotFound({ what = 'page' }: { what?: string }) {
  useTitle('Not found');
  return (
    <Empty page icon="search" title={`There is no such ${what}`}>
      <p>It may have moved, or the link was cut off on its way to you.</p>
      <ButtonLink to="/products" tone="primary">
        See all products
      </ButtonLink>
    </Empty>
  );
}

/** A page whose code is not there any more is an old one, mostly: the shop was updated while it was open. */
export function RouteFailure() {
  const error = useRouteError();
  const moved = error instanceof TypeError && /import|module|fetch/i.test(error.message);
  return (
    <Empty page icon="alert" title={moved ? 'The shop has changed' : 'This page could not be shown'}>
      <p>
        {moved
          ? 'There is a newer version of it than the one in this tab, or the connection is lost.'
          : 'Something went wrong in it.'}{' '}
        Your cart is safe.
      </p>
      <Button tone="primary" onClick={() => location.reload()}>
        Load it again
      </Button>
    </Empty>
  );
}
