/** Short words that a thing is done, and go away by themselves. Announcing and timing are the library's. */
import { Toast } from '@base-ui/react/toast';
import { useEffect } from 'react';

const toasts = Toast.createToastManager();
/** Said before there was a place to show it, by a page that was faster than this file. */
let early: (() => void)[] | undefined = [];

/** Says that something is done, and perhaps how to undo it or where to look. */
export function toast(words: string, action?: { label: string; run: () => void }): void {
  if (early) {
    early.push(() => toast(words, action));
    return;
  }
  const id: string = toasts.add({
    title: words,
    timeout: action ? 8_000 : 4_000,
    ...(action && {
      actionProps: {
        children: action.label,
        onClick: () => {
          action.run();
          toasts.close(id);
        },
      },
    }),
  });
}

export function Toasts() {
  // After the provider's own effects: now it listens.
  useEffect(() => {
    const waiting = early ?? [];
    early = undefined;
    for (const say of waiting) say();
    return () => {
      early = [];
    };
  }, []);
  return (
    <Toast.Provider toastManager={toasts} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((one) => (
    <Toast.Root key={one.id} toast={one} className="toast">
      <Toast.Title render={<p />} className="toast-words" />
      <Toast.Action />
    </Toast.Root>
  ));
}
