/**
 * Gives money back: all that is left, or a part of it; once, however often the button is pressed. Where an answer was
 * lost, the same refund is asked for again with the same key, also by a dialog that is opened later.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fromMinor, toMinor } from '../../../../src/contracts/money.ts';
import { type Payment, RefundPayment } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { isAnswer, Problem } from '../../api/http.ts';
import { typedAmount } from '../../ui/amount.ts';
import { Input, Notice } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { money } from '../../ui/words.tsx';
import { useAttempt } from '../attempt.ts';
import { FormDialog, useSending } from '../form.tsx';
import { orderKey } from '../orders/reads.ts';

interface Asked {
  amount: string;
  reason?: string;
}

export function RefundDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { id, order_id, currency } = payment;
  const left = (toMinor(payment.amount, currency) ?? 0) - (toMinor(payment.refunded_amount, currency) ?? 0);
  const words = (minor: number) => money(fromMinor(minor, currency), currency);
  const attempt = useAttempt<Asked>(`refund ${id}`);
  const [lost, setLost] = useState(attempt.lost);
  const [typed, setTyped] = useState(lost?.amount ?? fromMinor(left, currency));
  const amount = toMinor(typedAmount(typed, currency) ?? '', currency);
  // What was lost may have gone back, so that less is left: asking for it again is no fault.
  const fault = amountFault(amount, words(left), lost ? Number.POSITIVE_INFINITY : left);
  const queries = useQueryClient();
  const sending = useSending(async (text) => {
    const reason = text('reason');
    const body = { amount: fromMinor(amount ?? 0, currency), ...(reason && { reason }) };
    try {
      attempt.begin(body);
      await call(RefundPayment, { params: { id }, body, key: attempt.key });
      attempt.over();
    } catch (error) {
      attempt.failed(error);
      setLost(isAnswer(error) ? undefined : body);
      throw wentThrough(error) ?? error;
    } finally {
      void queries.invalidateQueries({ queryKey: orderKey(order_id) });
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
      {lost ? (
        <Notice tone="wait">
          The answer to a refund of <strong className="numbers">{money(lost.amount, currency)}</strong> was lost. Send
          it again as it is: it goes back once, whether it had arrived or not.
        </Notice>
      ) : (
        <p>
          Up to <strong className="numbers">{words(left)}</strong> can go back the way it came. The customer is told; it
          cannot be taken back.
        </p>
      )}
      <Input
        label={`Amount in ${currency}`}
        inputMode="decimal"
        autoFocus
        value={typed}
        fault={sending.faults['/amount'] ?? fault}
        onChange={({ target }) => setTyped(target.value)}
      />
      <Input
        label="Why"
        name="reason"
        optional
        hint="The customer reads it"
        maxLength={500}
        defaultValue={lost?.reason}
      />
    </FormDialog>
  );
}

/** Its key is known for another amount or reason: so the one whose answer was lost had arrived. */
function wentThrough(error: unknown): Problem | undefined {
  if (!(error instanceof Problem) || error.code !== 'idempotency-key-reused') return undefined;
  const title = 'The refund before this one has gone through';
  return new Problem({ title, detail: 'This one was not made. Look at what is left, and send it if it is due.' }, 409);
}

function amountFault(amount: number | undefined, most: string, left: number): string | undefined {
  if (amount === undefined) return 'An amount, such as 12.50';
  if (amount <= 0) return 'More than nothing';
  return amount > left ? `At most ${most}` : undefined;
}
