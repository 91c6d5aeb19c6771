/** Warns before typed things are lost: by a link, by going back, by closing the tab. */
import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { Button } from '../ui/kit.tsx';
import { Dialog } from '../ui/overlays.tsx';

export function Unsaved({ when }: { when: boolean }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => when && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!when) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [when]);
  return (
    <Dialog title="Leave without saving?" open={blocker.state === 'blocked'} onClose={() => blocker.reset?.()}>
      <p>What you have changed here is not saved yet.</p>
      <div className="row spread">
        <Button tone="danger" onClick={() => blocker.proceed?.()}>
          Leave without saving
        </Button>
        <Button tone="primary" onClick={() => blocker.reset?.()}>
          Stay
        </Button>
      </div>
    </Dialog>
  );
}
