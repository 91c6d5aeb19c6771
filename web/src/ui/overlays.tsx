/** What comes over the page: dialogs and a drawer. Focus, keys and announcements are the library's. */
import { Dialog as Base } from '@base-ui/react/dialog';
import type { FormEvent, ReactNode } from 'react';
import { useState } from 'react';
import { Button, ProblemNotice } from './kit.tsx';

export interface DialogProps {
  title: string;
  open: boolean;
  onClose: () => void;
  look?: 'dialog' | 'dialog wide' | 'drawer';
  children: ReactNode;
}

export function Dialog({ title, open, onClose, look = 'dialog', children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={look}>
          <Base.Title render={<h2>{title}</h2>} />
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface ConfirmProps {
  title: string;
  /** What it means, so that nobody is surprised. */
  children: ReactNode;
  /** The verb: "Cancel the order". */
  action: string;
  tone?: 'primary' | 'danger';
  open: boolean;
  onClose: () => void;
  onConfirm: () => Promise<unknown>;
}

/** Before what cannot be undone. Stays open, with the reason, when it was refused. */
export function Confirm({ title, children, action, tone = 'danger', open, onClose, onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const close = () => {
    setError(undefined);
    onClose();
  };
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    // To React the form of a dialog stands in that of its page.
    event.stopPropagation();
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      close();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} open={open} onClose={close}>
      <form className="form" onSubmit={confirm}>
        {children}
        <ProblemNotice error={error} />
        <div className="row spread">
          <Button tone="quiet" onClick={close}>
            Not now
          </Button>
          <Button type="submit" tone={tone} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
