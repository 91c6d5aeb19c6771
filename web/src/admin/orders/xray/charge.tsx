/** The charge and what went back of it, with each try, and what the provider told unasked. */
import type { Xray } from '../../../../../src/contracts/xray.ts';
import { clock, moment, money, number, timeOf } from '../../../ui/words.tsx';
import { Fact, Facts, Panel } from '../../panel.tsx';
import { EVENT_STATES, PAYMENT_STATES, plainWords, REFUND_STATES, Reason, State } from '../../states.tsx';
import { AwayPart } from './conversation.tsx';

type Part = NonNullable<Xray['payments']>;
type Payment = NonNullable<Part['payment']>;

export function Charge({ xray }: { xray: Xray }) {
  const { payments } = xray;
  if (!payments) return <AwayPart title="Charge and refunds" room="payments" xray={xray} />;
  const { payment, events } = payments;
  return (
    <Panel title="Charge and refunds">
      {payment ? <Charged payment={payment} /> : <p className="none">No charge is known of.</p>}
      {payment && payment.refunds.length > 0 && <Refunds refunds={payment.refunds} />}
      {events.length > 0 && <Events events={events} />}
    </Panel>
  );
}

interface Tried {
  attempts: number;
  last_error: string | null;
  next_attempt_at: string | null;
}

/** "3 attempts: no answer; next at 12:04:05". */
export function Tries({ attempts, last_error, next_attempt_at }: Tried) {
  return (
    <>
      {number(attempts)} {attempts === 1 ? 'attempt' : 'attempts'}
      {last_error && <span className="bad break">: {last_error}</span>}
      {next_attempt_at && (
        <span className="soft">
          ; next at <time dateTime={next_attempt_at}>{timeOf(next_attempt_at)}</time>
        </span>
      )}
    </>
  );
}

function Charged({ payment }: { payment: Payment }) {
  const { amount, currency, status, method, provider, transaction_id, reason, void_requested, dispute } = payment;
  return (
    <Facts>
      <Fact name="State">
        <State of={PAYMENT_STATES} is={status} /> <Reason status={status} reason={reason} />
      </Fact>
      <Fact name="Amount">
        <span className="numbers">{money(amount, currency)}</span>
        {void_requested && <span className="soft"> · the order has ended</span>}
      </Fact>
      <Fact name="Method">
        {method} <span className="soft">at {provider}</span>
      </Fact>
      {transaction_id && (
        <Fact name="Charge">
          <code className="break">{transaction_id}</code>
        </Fact>
      )}
      <Fact name="Asked">
        <Tries {...payment} />
      </Fact>
      {dispute && (
        <Fact name="Disputed">
          {money(dispute.amount, dispute.currency)} <span className="soft">{plainWords(dispute.status)}</span>
        </Fact>
      )}
    </Facts>
  );
}

function Refunds({ refunds }: { refunds: Payment['refunds'] }) {
  return (
    <ul className="rows" aria-label="Refunds">
      {refunds.map((refund) => (
        <li key={refund.id}>
          <strong className="numbers">{money(refund.amount, refund.currency)}</strong>
          <State of={REFUND_STATES} is={refund.status} />
          <span className="words">
            {refund.reason}
            <span className="small block">
              <Tries {...refund} />
            </span>
          </span>
          <time className="soft small numbers" dateTime={refund.updated_at} title={moment(refund.updated_at)}>
            {clock(refund.updated_at)}
          </time>
        </li>
      ))}
    </ul>
  );
}

function Events({ events }: { events: Part['events'] }) {
  return (
    <ul className="rows" aria-label="What the provider told">
      {events.map(({ event_id, type, status, note, received_at }) => (
        <li key={event_id}>
          <span className="words">
            <code className="break">{type}</code>
            {note && <span className="soft small block break">{note}</span>}
          </span>
          <State of={EVENT_STATES} is={status} />
          <time className="soft small numbers" dateTime={received_at} title={moment(received_at)}>
            {clock(received_at)}
          </time>
        </li>
      ))}
    </ul>
  );
}
