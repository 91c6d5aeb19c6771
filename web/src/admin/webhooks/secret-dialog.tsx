/** A secret, the only time that it is shown. */
import { Button, Notice } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';

export interface SecretDialogProps {
  secret: string;
  /** What becomes of the one before. */
  note?: string;
  onClose: () => void;
}

export function SecretDialog({ secret, note, onClose }: SecretDialogProps) {
  return (
    <Dialog title="The signing secret" open onClose={onClose}>
      <div className="form">
        <p>Give it to whoever runs the address: with it they see that a delivery is the shop’s, and unchanged.</p>
        <p className="secret">
          <code className="break">{secret}</code>
        </p>
        <Notice tone="wait">It is not shown again. {note}</Notice>
        <div className="row spread">
          <Button
            onClick={() => void navigator.clipboard?.writeText(secret).then(() => toast('Copied'))}
            disabled={!navigator.clipboard}
          >
            Copy
          </Button>
          <Button tone="primary" onClick={onClose}>
            I have it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
