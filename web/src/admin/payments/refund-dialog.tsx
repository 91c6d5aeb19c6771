/** Gives money back: all that is left, or a part of it; once, however often the button is pressed. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fromMinor, toMinor } from '../../../../src/contracts/money.ts';
import { type Payment, RefundPayment } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { typedAmount } from '../../ui/amount.ts';
import { Input } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { money } from '../../ui/words.tsx';
import { useAttempt } from '../attempt.ts';
import { FormDialog, useSending } from '../form.tsx';

export function RefundDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { id, order_id, currency } = payment;
  const left = (toMinor(payment.amount, currency) ?? 0) - (toMinor(payment.refunded_amount, currency) ?? 0);
  const words = (minor: number) => money(fromMinor(minor, currency), currency);
  const [typed, setTyped] = useState(fromMinor(left, currency));
  const amount = toMinor(typedAmount(typed, currency) ?? '', currency);
  const fault = amountFault(amount, words(left), left);
  const attempt = useAttempt();
  const queries = useQueryClient();
  const sending = useSending(async (text) => {
    const reason = text('reason');
    const body = { amount: fromMinor(amount ?? 0, currency), ...(reason && { reason }) };
    try {
      await call(RefundPayment, { params: { id }, body, key: attempt.key });
    } catch (error) {
      attempt.failed(error);
      throw error;
    } finally {
      void queries.invalidateQueries({ queryKey: ['orders', order_id] });
      void queries.invalidateQueries({ queryKey: ['payments'] });
    }
    toast(`${words(amount ?? 0)} is on its way back`);
    onClose();
  });

  return (
    <FormDialog
      title="Refund"
      sending={sending}
      action={amount === undefined || fault ? 'Refund' : `Refund ${words(amount)}`}
      tone="danger"
      disabled={fault !== undefined}
      onClose={onClose}
    >
      <p>
        Up to <strong className="numbers">{words(left)}</strong> can go back the way it came. The customer is told; it
        cannot be taken back.
      </p>
      <Input
        label={`Amount in ${currency}`}
        inputMode="decimal"
        autoFocus
        value={typed}
        fault={sending.faults['/amount'] ?? fault}
        onChange={({ target }) => setTyped(target.value)}
      />
      <Input label="Why" name="reason" optional hint="The customer reads it" maxLength={500} />
    </FormDialog>
  );
}

function amountFault(amount: number | undefined, most: string, left: number): string | undefined {
  if (amount === undefined) return 'An amount, such as 12.50';
  if (amount <= 0) return 'More than nothing';
  return amount > left ? `At most ${most}` : undefined;
}
