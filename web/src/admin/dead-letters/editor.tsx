/** Changes a payload and sends it on its way: checked as it is typed for being JSON, by the service for its contract. */
import { useEffect, useRef, useState } from 'react';
import { DESKS, type DeadLetterDetail } from '../../../../src/contracts/dead-letters.ts';
import type { ServiceName } from '../../../../src/contracts/services.ts';
import { call } from '../../api/client.ts';
import { Button, Field, faultsOf, Input, Select } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Refusal, useSending } from '../form.tsx';
import { Panel } from '../panel.tsx';
import { pretty } from './beside.tsx';
import { useOutdated } from './reads.ts';
import { RehearsalView, useRehearsal } from './rehearsal.tsx';

interface EditorProps {
  service: ServiceName;
  letter: DeadLetterDetail;
  onClose: () => void;
}

function read(text: string): { data?: unknown; fault?: string } {
  try {
    return { data: JSON.parse(text) };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

/** Every fault of the payload, in one field. */
function inData(faults: Record<string, string | undefined>): string | undefined {
  const found = Object.entries(faults).filter(([pointer]) => pointer === '/data' || pointer.startsWith('/data/'));
  return found.map(([pointer, detail]) => `${pointer.slice('/data'.length)} ${detail}`.trim()).join(' · ') || undefined;
}

export function Editor({ service, letter, onClose }: EditorProps) {
  const { id, contract, types, dangerous } = letter;
  const [type, setType] = useState(contract ? letter.type : '');
  const [text, setText] = useState(() => pretty(letter.data));
  const area = useRef<HTMLTextAreaElement>(null);
  // The button that opened it is gone.
  useEffect(() => area.current?.focus(), []);
  const rehearsal = useRehearsal(service, id);
  const outdated = useOutdated();
  const { data, fault } = read(text);
  const change = { data, ...(type !== letter.type && { type }) };
  const sending = useSending(async (field) => {
    try {
      await call(DESKS[service].retry, { params: { id }, body: { why: field('why'), ...change } });
    } finally {
      outdated();
    }
    toast('It is on its way again, as you changed it');
    onClose();
  });
  const faults = { ...faultsOf(rehearsal.error), ...sending.faults };
  const incomplete = fault !== undefined || type === '';
  return (
    <Panel title="Edit and retry">
      <form className="form" onSubmit={sending.submit}>
        <Refusal sending={sending} />
        {!contract && (
          <Select
            label="What it is"
            value={type}
            fault={faults['/type']}
            onChange={({ target }) => setType(target.value)}
          >
            <option value="">Choose…</option>
            {types.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        )}
        <Field label="Payload" fault={fault ?? inData(faults)} hint="JSON; what it was before is kept">
          {(attributes) => (
            <textarea
              {...attributes}
              className="input code-input"
              rows={Math.min(24, text.split('\n').length + 1)}
              spellCheck={false}
              ref={area}
              value={text}
              onChange={({ target }) => {
                setText(target.value);
                sending.clear();
              }}
            />
          )}
        </Field>
        <Input label="Why" name="why" hint="Kept with your name" maxLength={1_000} fault={faults['/why']} />
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <span className="row">
            {!dangerous && (
              <Button busy={rehearsal.busy} disabled={incomplete} onClick={() => void rehearsal.run(change)}>
                Dry run
              </Button>
            )}
            <Button type="submit" tone="primary" busy={sending.busy} disabled={incomplete}>
              Save and retry
            </Button>
          </span>
        </div>
      </form>
      <RehearsalView rehearsal={rehearsal} shown={Object.keys(faults)} />
    </Panel>
  );
}
