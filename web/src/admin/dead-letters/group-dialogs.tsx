/** What is done to a whole group: once more at a rate, with its progress; or put aside. */
import { useState } from 'react';
import { DESKS, RATE } from '../../../../src/contracts/dead-letters.ts';
import type { ServiceName } from '../../../../src/contracts/services.ts';
import { call } from '../../api/client.ts';
import { Button, Input } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { number } from '../../ui/words.tsx';
import { FormDialog, useSending } from '../form.tsx';
import { type Group, useCauses, useOutdated } from './reads.ts';
import { messages } from './words.ts';

interface GroupProps {
  service: ServiceName;
  group: Group;
  onClose: () => void;
}

export const Why = ({ fault }: { fault: string | undefined }) => (
  <Input label="Why" name="why" hint="Kept with your name" maxLength={1_000} fault={fault} autoFocus />
);

export function RetryGroup({ service, group, onClose }: GroupProps) {
  const [scheduled, setScheduled] = useState<{ messages: number; skipped: number }>();
  const outdated = useOutdated();
  const sending = useSending(async (text) => {
    try {
      const body = { group: group.group, why: text('why'), per_second: Number(text('per_second')) };
      setScheduled(await call(DESKS[service].retryGroup, { body }));
    } finally {
      outdated();
    }
  });
  if (scheduled) return <Progress service={service} group={group.group} {...scheduled} onClose={onClose} />;
  return (
    <FormDialog title="Retry all of them" sending={sending} action={`Retry ${messages(group.count)}`} onClose={onClose}>
      <p className="break">
        <strong>{group.cause}</strong>
      </p>
      <p>
        Oldest first, behind whatever was retried before. What still cannot be handled comes back here. The rate is a
        schedule: a service that stands still meanwhile handles what is overdue at once.
      </p>
      <Why fault={sending.faults['/why']} />
      <Input
        label="Messages a second"
        name="per_second"
        type="number"
        min={1}
        max={RATE.most}
        defaultValue={RATE.usual}
        fault={sending.faults['/per_second']}
      />
    </FormDialog>
  );
}

interface ProgressProps {
  service: ServiceName;
  group: string;
  messages: number;
  skipped: number;
  onClose: () => void;
}

function Progress({ service, group, messages: scheduled, skipped, onClose }: ProgressProps) {
  const { data, isFetchedAfterMount } = useCauses(service);
  const waiting = data?.waiting_groups.find((one) => one.group === group)?.count ?? 0;
  const left = isFetchedAfterMount ? Math.min(waiting, scheduled) : scheduled;
  const done = scheduled - left;
  return (
    <Dialog title={titleOf(scheduled, left)} open onClose={onClose}>
      {scheduled > 0 && (
        <>
          <progress className="progress" max={scheduled} value={done} aria-label="Tried" />
          <p aria-live="polite">
            {number(done)} of {number(scheduled)} tried.
            {left > 0 && ' This goes on when the window is closed; it can be stopped on the page of dead letters.'}
          </p>
        </>
      )}
      {skipped > 0 && <p>{messages(skipped)} cannot be handled unchanged: open each and mend what is wrong.</p>}
      <div className="row spread">
        <span />
        <Button tone="primary" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

function titleOf(scheduled: number, left: number): string {
  if (scheduled === 0) return 'None could be retried';
  return left > 0 ? 'On their way again' : 'All have been tried';
}

export function DiscardGroup({ service, group, onClose }: GroupProps) {
  const outdated = useOutdated();
  const sending = useSending(async (text) => {
    try {
      const { discarded } = await call(DESKS[service].discardGroup, { body: { group: group.group, why: text('why') } });
      toast(`${messages(discarded)} put aside`);
    } finally {
      outdated();
    }
    onClose();
  });
  return (
    <FormDialog
      title="Discard all of them"
      sending={sending}
      action={`Discard ${messages(group.count)}`}
      tone="danger"
      onClose={onClose}
    >
      <p className="break">
        <strong>{group.cause}</strong>
      </p>
      <p>They will never take effect. They can still be read for 90 days.</p>
      <Why fault={sending.faults['/why']} />
    </FormDialog>
  );
}

export function StopRetries({ service, onClose }: Omit<GroupProps, 'group'>) {
  const outdated = useOutdated();
  const sending = useSending(async (text) => {
    try {
      const { stopped } = await call(DESKS[service].stop, { body: { why: text('why') } });
      toast(stopped === 0 ? 'All of them were due already' : `${messages(stopped)} taken back`);
    } finally {
      outdated();
    }
    onClose();
  });
  return (
    <FormDialog title="Stop all retries" sending={sending} action="Stop" tone="danger" onClose={onClose}>
      <p>What is not yet due comes back here, of every cause. What is due is handled.</p>
      <Why fault={sending.faults['/why']} />
    </FormDialog>
  );
}
