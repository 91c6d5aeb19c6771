/** Gives money back: all that is left, or a part of it; once, however often the button is pressed. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { fromMinor, toMinor } from '../../../../src/contracts/money.ts';
import { type Payment, RefundPayment } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { Button, faultsOf, Input, ProblemNotice } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { money } from '../../ui/words.tsx';
import { useAttempt } from '../attempt.ts';

export function RefundDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { currency } = payment;
  const left = (toMinor(payment.amount, currency) ?? 0) - (toMinor(payment.refunded_amount, currency) ?? 0);
  const [amount, setAmount] = useState(fromMinor(left, currency));
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const attempt = useAttempt();
  const queries = useQueryClient();
  const minor = toMinor(amount.trim().replace(',', '.'), currency);
  const fault = faultsOf(error)['/amount'] ?? amountFault(minor, left, currency);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (minor === undefined || fault) return;
    setBusy(true);
    setError(undefined);
    try {
      await call(RefundPayment, {
        params: { id: payment.id },
        body: { amount: fromMinor(minor, currency), ...(reason.trim() && { reason: reason.trim() }) },
        key: attempt.key,
      });
      toast(`${money(fromMinor(minor, currency), currency)} is on its way back`);
      onClose();
    } catch (problem) {
      attempt.failed(problem);
      setError(problem);
    } finally {
      setBusy(false);
      await queries.invalidateQueries({ queryKey: ['orders', payment.order_id] });
      await queries.invalidateQueries({ queryKey: ['payments'] });
    }
  }

  return (
    <Dialog title="Refund" open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p>
          Up to <strong className="numbers">{money(fromMinor(left, currency), currency)}</strong> can go back the way it
          came. The customer is told; it cannot be taken back.
        </p>
        <ProblemNotice error={error} shown={['/amount']} />
        <Input
          label={`Amount in ${currency}`}
          inputMode="decimal"
          autoFocus
          value={amount}
          fault={fault}
          onChange={({ target }) => setAmount(target.value)}
        />
        <Input
          label="Why"
          optional
          hint="The customer reads it"
          maxLength={500}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" tone="danger" busy={busy} disabled={fault !== undefined}>
            {minor === undefined || fault ? 'Refund' : `Refund ${money(fromMinor(minor, currency), currency)}`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function amountFault(minor: number | undefined, left: number, currency: string): string | undefined {
  if (minor === undefined) return 'An amount, such as 12.50';
  if (minor <= 0) return 'More than nothing';
  if (minor > left) return `At most ${money(fromMinor(left, currency), currency)}`;
  return undefined;
}
