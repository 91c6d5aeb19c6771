/** How the order was paid, what the provider said, what went back. */
import { useState } from 'react';
import { toMinor } from '../../../../src/contracts/money.ts';
import { Button, Notice } from '../../ui/kit.tsx';
import { moment, money, number, Time } from '../../ui/words.tsx';
import { Fact, Facts, Loaded, Panel } from '../panel.tsx';
import { RefundDialog } from '../payments/refund-dialog.tsx';
import { PAYMENT_STATES, plainWords, REFUND_STATES, Reason, State } from '../states.tsx';
import { type PaymentDetail, usePaymentOf } from './reads.ts';

export function PaymentPanel({ orderId }: { orderId: string }) {
  const payment = usePaymentOf(orderId);
  const [refunding, setRefunding] = useState(false);
  const refundable = payment.data ? leftOf(payment.data) > 0 : false;
  return (
    <Panel
      title="Payment"
      actions={
        refundable && (
          <Button look="small" onClick={() => setRefunding(true)}>
            Refund
          </Button>
        )
      }
    >
      <Loaded query={payment} lines={4}>
        {(data) => (data ? <Paid payment={data} /> : <p className="none">No charge is known of.</p>)}
      </Loaded>
      {refunding && payment.data && <RefundDialog payment={payment.data} onClose={() => setRefunding(false)} />}
    </Panel>
  );
}

/** In minor units. */
function leftOf({ amount, refunded_amount, currency, status }: PaymentDetail): number {
  if (status !== 'succeeded') return 0;
  return (toMinor(amount, currency) ?? 0) - (toMinor(refunded_amount, currency) ?? 0);
}

function Paid({ payment }: { payment: PaymentDetail }) {
  const { amount, currency, status, method, provider, transaction_id, reason, attempts, last_error, dispute } = payment;
  return (
    <>
      {dispute && (
        <Notice tone="bad">
          <strong>Disputed: {money(dispute.amount, dispute.currency)}</strong>
          <p>
            {plainWords(dispute.reason)}; {plainWords(dispute.status).toLowerCase()} since {moment(dispute.opened_at)}.
            Answer it at the provider.
          </p>
        </Notice>
      )}
      <Facts>
        <Fact name="State">
          <State of={PAYMENT_STATES} is={status} /> <Reason status={status} reason={reason} />
        </Fact>
        <Fact name="Amount">
          <span className="numbers">{money(amount, currency)}</span>
        </Fact>
        <Fact name="Method">
          {method} <span className="soft">at {provider}</span>
        </Fact>
        {transaction_id && (
          <Fact name="Charge">
            <code className="break">{transaction_id}</code>
          </Fact>
        )}
        <Fact name="Attempts">
          {number(attempts)} {last_error && <span className="soft">{last_error}</span>}
        </Fact>
      </Facts>
      {payment.refunds.length > 0 && (
        <ul className="rows" aria-label="Refunds">
          {payment.refunds.map((refund) => (
            <li key={refund.id}>
              <strong className="numbers">{money(refund.amount, refund.currency)}</strong>
              <State of={REFUND_STATES} is={refund.status} />
              <span className="words soft">
                {refund.reason}
                {refund.status !== 'succeeded' && refund.last_error && ` (${refund.last_error})`}
              </span>
              <span className="soft small">
                <Time at={refund.created_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
