/** Warns before typed things are lost: by a link, by going back, by closing the tab. */
import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { Button } from '../ui/kit.tsx';
import { Dialog } from '../ui/overlays.tsx';

/** The way on from what has been saved: nobody is asked. */
export const SAVED = { saved: true };

interface Words {
  title: string;
  /** What leaving means. */
  text: string;
  /** On the button. */
  leave: string;
}

const UNSAVED: Words = {
  title: 'Leave without saving?',
  text: 'What you have changed here is not saved yet.',
  leave: 'Leave without saving',
};
const SENDING: Words = {
  title: 'Leave while pictures are on their way?',
  text: 'Only here you see whether they arrive, and can send them again if they do not.',
  leave: 'Leave',
};

export interface UnsavedProps {
  when: boolean;
  /** Pictures are on their way. */
  sending?: boolean;
  /** Of something else that would be lost. */
  words?: Words;
}

export function Unsaved({ when, sending = false, words = when ? UNSAVED : SENDING }: UnsavedProps) {
  const busy = when || sending;
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      busy && currentLocation.pathname !== nextLocation.pathname && nextLocation.state?.saved !== true,
  );
  useEffect(() => {
    if (!busy) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [busy]);
  return (
    <Dialog title={words.title} open={blocker.state === 'blocked'} onClose={() => blocker.reset?.()}>
      <p>{words.text}</p>
      <div className="row spread">
        <Button tone="danger" onClick={() => blocker.proceed?.()}>
          {words.leave}
        </Button>
        <Button tone="primary" onClick={() => blocker.reset?.()}>
          Stay
        </Button>
      </div>
    </Dialog>
  );
}
