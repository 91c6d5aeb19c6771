/** What stands where no page is, and where one broke: with a way on. */
import { useRouteError } from 'react-router';
import { Problem } from '../api/http.ts';
import { Button, ButtonLink, Empty } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';
import { PALETTE_KEYS } from './keys.ts';

/** Nothing is there, or nothing can be: what stands in the address is no id at all. */
export const isMissing = (error: unknown) => error instanceof Problem && (error.status === 404 || error.status === 422);

export function NoPage({ what = 'page' }: { what?: string }) {
  useTitle('Not found');
  return (
    <div className="page">
      <h1 className="unseen">Not found</h1>
      <Empty icon="search" title={`There is no such ${what}`}>
        <p>It may have been deleted, or the address has a mistake in it. {PALETTE_KEYS} finds everything there is.</p>
        <ButtonLink to="/">To the dashboard</ButtonLink>
      </Empty>
    </div>
  );
}

/** Mostly a file of an older release that is no longer there: loading the page again gets the new one. */
export function PageFailure() {
  const error = useRouteError();
  useTitle('Something went wrong');
  return (
    <div className="page">
      <h1 className="unseen">Something went wrong</h1>
      <Empty icon="alert" title="This page could not be shown">
        <p>{error instanceof Error ? error.message : 'Something went wrong'}</p>
        <Button tone="primary" onClick={() => location.reload()}>
          Load it again
        </Button>
      </Empty>
    </div>
  );
}
