/** Goods have arrived, a count was wrong, or low begins elsewhere. Each happens once, however often it is sent. */

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Adjust, ChangeLevel, type Level, Replenish } from '../../../../src/contracts/inventory.ts';
import { call } from '../../api/client.ts';
import { typedWhole } from '../../ui/amount.ts';
import { Input } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { number } from '../../ui/words.tsx';
import { useAttempt } from '../attempt.ts';
import { FormDialog, useSending } from '../form.tsx';
import { amountFault } from './amount-fault.ts';
import { LevelFigures } from './level-figures.tsx';

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
const LABELS: Record<Change, { label: string; hint: string; action: string; pointer: string }> = {
  replenish: {
    label: 'How many have arrived',
    hint: 'They are added to what is on hand',
    action: 'Add to stock',
    pointer: '/quantity',
  },
  adjust: {
    label: 'By how many',
    hint: 'Such as −2 for two that broke; never below what is reserved',
    action: 'Adjust',
    pointer: '/delta',
  },
  threshold: {
    label: 'Low from',
    hint: 'From how few on you are told, and shoppers see “few left”',
    action: 'Save',
    pointer: '/low_stock_threshold',
  },
};

export function ChangeDialog({ level, name, change, onClose }: ChangeDialogProps) {
  const [typed, setTyped] = useState(change === 'threshold' ? String(level.low_stock_threshold) : '');
  const [reason, setReason] = useState('');
  const amount = typedWhole(typed);
  const fault = typed.trim() === '' ? undefined : amountFault(change, level, amount);
  const attempt = useAttempt();
  const queries = useQueryClient();
  const sending = useSending(async () => {
    try {
      const next = await send(change, { level, amount: amount ?? 0, reason: reason.trim(), key: attempt.key });
      toast(`${name}: ${number(next.available)} available`);
      onClose();
    } catch (error) {
      attempt.failed(error);
      throw error;
    } finally {
      void queries.invalidateQueries({ queryKey: ['stock'] });
    }
  });
  const { label, hint, action, pointer } = LABELS[change];
  return (
    <FormDialog
      title={`${TITLES[change]} ${name}`}
      sending={sending}
      action={action}
      disabled={fault !== undefined}
      onClose={onClose}
    >
      <LevelFigures level={level} />
      <Input
        label={label}
        hint={amount !== undefined && change !== 'threshold' ? after(level, amount) : hint}
        inputMode={change === 'adjust' ? 'text' : 'numeric'}
        autoFocus
        value={typed}
        fault={fault ?? sending.faults[pointer]}
        onChange={({ target }) => setTyped(target.value)}
      />
      {change !== 'threshold' && (
        <Input
          label="Why"
          optional={change === 'replenish'}
          hint={change === 'adjust' ? 'It stays in the ledger: stocktaking, breakage…' : undefined}
          maxLength={500}
          value={reason}
          fault={sending.faults['/reason']}
          onChange={({ target }) => setReason(target.value)}
        />
      )}
    </FormDialog>
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
