/** Goods have arrived, a count was wrong, or low begins elsewhere. Each happens once, however often it is sent. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Adjust, ChangeLevel, type Level, Replenish } from '../../../../src/contracts/inventory.ts';
import { LIMITS } from '../../../../src/contracts/shapes.ts';
import { call } from '../../api/client.ts';
import { Button, faultsOf, Input, ProblemNotice } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { number } from '../../ui/words.tsx';
import { useAttempt } from '../attempt.ts';
import { LevelFigures } from './level-panel.tsx';

export type Change = 'replenish' | 'adjust' | 'threshold';

export interface ChangeDialogProps {
  level: Level;
  name: string;
  change: Change;
  onClose: () => void;
}

const TITLES: Record<Change, string> = {
  replenish: 'Replenish',
  adjust: 'Adjust the count of',
  threshold: 'Low stock of',
};
const LABELS: Record<Change, { label: string; hint: string; action: string }> = {
  replenish: { label: 'How many have arrived', hint: 'They are added to what is on hand', action: 'Add to stock' },
  adjust: {
    label: 'By how many',
    hint: 'Such as −2 for two that broke; never below what is reserved',
    action: 'Adjust',
  },
  threshold: { label: 'Low from', hint: 'From how few on you are told, and shoppers see “few left”', action: 'Save' },
};
const POINTERS: Record<Change, string> = {
  replenish: '/quantity',
  adjust: '/delta',
  threshold: '/low_stock_threshold',
};

export function ChangeDialog({ level, name, change, onClose }: ChangeDialogProps) {
  const [typed, setTyped] = useState(change === 'threshold' ? String(level.low_stock_threshold) : '');
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const attempt = useAttempt();
  const queries = useQueryClient();
  const amount = Number(typed.trim().replace('−', '-'));
  const valid = typed.trim() !== '' && Number.isInteger(amount) && (change !== 'replenish' || amount > 0);
  const faults = faultsOf(error);
  const { label, hint, action } = LABELS[change];

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const next = await send(change, { level, amount, reason: reason.trim(), key: attempt.key });
      toast(`${name}: ${number(next.available)} available`);
      onClose();
    } catch (problem) {
      attempt.failed(problem);
      setError(problem);
    } finally {
      setBusy(false);
      await queries.invalidateQueries({ queryKey: ['stock'] });
    }
  }

  return (
    <Dialog title={`${TITLES[change]} ${name}`} open onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          // A dialog in a form of React's: its own submit is not the page's.
          event.stopPropagation();
          void submit(event);
        }}
      >
        <LevelFigures level={level} />
        <ProblemNotice error={error} shown={Object.keys(faults)} />
        <Input
          label={label}
          hint={valid && change !== 'threshold' ? after(level, amount) : hint}
          inputMode={change === 'adjust' ? 'text' : 'numeric'}
          autoFocus
          value={typed}
          fault={faults[POINTERS[change]]}
          onChange={({ target }) => setTyped(target.value)}
        />
        {change !== 'threshold' && (
          <Input
            label="Why"
            optional={change === 'replenish'}
            hint={change === 'adjust' ? 'It stays in the ledger: stocktaking, breakage…' : undefined}
            maxLength={500}
            value={reason}
            fault={faults['/reason']}
            onChange={({ target }) => setReason(target.value)}
          />
        )}
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button
            type="submit"
            tone="primary"
            busy={busy}
            disabled={!valid || Math.abs(amount) > LIMITS.stock || (change === 'adjust' && reason.trim() === '')}
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const after = ({ on_hand, available }: Level, amount: number) =>
  `Then ${number(on_hand + amount)} are on hand and ${number(available + amount)} available`;

interface Sent {
  level: Level;
  amount: number;
  reason: string;
  key: string;
}

function send(change: Change, { level, amount, reason, key }: Sent): Promise<Level> {
  const params = { product_id: level.product_id };
  if (change === 'threshold') return call(ChangeLevel, { params, body: { low_stock_threshold: amount } });
  if (change === 'adjust') return call(Adjust, { params, body: { delta: amount, reason }, key });
  return call(Replenish, { params, body: { quantity: amount, ...(reason && { reason }) }, key });
}
