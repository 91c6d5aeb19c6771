/** Once more, or put aside: each says why. */
import { DESKS } from '../../../../src/contracts/dead-letters.ts';
import type { ServiceName } from '../../../../src/contracts/services.ts';
import { call } from '../../api/client.ts';
import { toast } from '../../ui/toasts.tsx';
import { FormDialog, useSending } from '../form.tsx';
import { Why } from './group-dialogs.tsx';
import { useOutdated } from './reads.ts';

interface LetterProps {
  service: ServiceName;
  id: string;
  onClose: () => void;
}

function useDeed({ service, id, onClose }: LetterProps, action: 'retry' | 'discard', said: string) {
  const outdated = useOutdated();
  return useSending(async (text) => {
    try {
      await call(DESKS[service][action], { params: { id }, body: { why: text('why') } });
    } finally {
      outdated();
    }
    toast(said);
    onClose();
  });
}

export function RetryDialog(props: LetterProps) {
  const sending = useDeed(props, 'retry', 'It is on its way again');
  return (
    <FormDialog title="Retry" sending={sending} action="Retry" onClose={props.onClose}>
      <p>It is handled once more, as it is. Should it fail again, it comes back here.</p>
      <Why fault={sending.faults['/why']} />
    </FormDialog>
  );
}

export function DiscardDialog(props: LetterProps) {
  const sending = useDeed(props, 'discard', 'It is put aside');
  return (
    <FormDialog title="Discard" sending={sending} action="Discard" tone="danger" onClose={props.onClose}>
      <p>It will never take effect. It can still be read for 90 days.</p>
      <Why fault={sending.faults['/why']} />
    </FormDialog>
  );
}
