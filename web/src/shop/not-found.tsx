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

/** A page whose code could not be loaded is an old one, mostly: the shop was updated while it was open. */
export function RouteFailure() {
  const error = useRouteError();
  return (
    <main>
      <Empty page icon="alert" title="This page could not be shown">
        <p>{error instanceof Error ? error.message : 'Something went wrong.'}</p>
        <Button tone="primary" onClick={() => location.reload()}>
          Load it again
        </Button>
      </Empty>
    </main>
  );
}
