/** Forms: sent once at a time, with the shop's no in its place and its faults at their fields. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, faultsOf, ProblemNotice } from '../ui/kit.tsx';
import { Dialog } from '../ui/overlays.tsx';

export interface Sending {
  busy: boolean;
  error: unknown;
  /** `/name` → what is wrong with it. */
  faults: Record<string, string | undefined>;
  /** Somebody has gone on typing. */
  clear: () => void;
  submit: (event: FormEvent<HTMLFormElement>) => Promise<void>;
}

/** What throws is shown; `text` reads a field of the form. */
export function useSending(work: (text: (name: string) => string, form: FormData) => Promise<unknown>): Sending {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    error,
    faults: faultsOf(error),
    clear: () => setError(undefined),
    async submit(event) {
      event.preventDefault();
      // To React the form of a dialog stands in that of its page.
      event.stopPropagation();
      const form = new FormData(event.currentTarget);
      setBusy(true);
      setError(undefined);
      try {
        await work((name) => String(form.get(name) ?? '').trim(), form);
      } catch (problem) {
        setError(problem);
      } finally {
        setBusy(false);
      }
    },
  };
}

/** What no field shows. */
export function Refusal({ sending: { error, faults } }: { sending: Sending }) {
  return <ProblemNotice error={error} shown={Object.keys(faults)} />;
}

export interface FormDialogProps {
  title: string;
  sending: Sending;
  /** The verb. */
  action: string;
  tone?: 'primary' | 'danger';
  disabled?: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog({ title, sending, action, tone = 'primary', disabled, onClose, children }: FormDialogProps) {
  return (
    <Dialog title={title} open onClose={onClose}>
      <form className="form" onSubmit={sending.submit}>
        <Refusal sending={sending} />
        {children}
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" tone={tone} busy={sending.busy} disabled={disabled ?? false}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
