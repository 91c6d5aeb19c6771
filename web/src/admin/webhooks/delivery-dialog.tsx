/** One delivery: what was sent, and what came of each attempt. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type GetDelivery, ReplayDelivery, type WebhookAttempt } from '../../../../src/contracts/webhooks.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { Button } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { duration, moment, timeOf } from '../../ui/words.tsx';
import { Refusal, useSending } from '../form.tsx';
import { Fact, Facts, Loaded } from '../panel.tsx';
import { State } from '../states.tsx';
import { deliveryOf, WEBHOOKS } from './reads.ts';
import { DELIVERY_STATES } from './words.tsx';

type Delivery = ReplyOf<typeof GetDelivery>;

export function DeliveryDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const delivery = useQuery(deliveryOf(id));
  return (
    <Dialog title={delivery.data?.type ?? 'Delivery'} open onClose={onClose} look="dialog wide">
      <Loaded query={delivery} lines={10}>
        {(data) => (
          <>
            <About delivery={data} />
            <Attempts of={data.history} />
            <div className="message">
              <h3>What is sent</h3>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
              <pre tabIndex={0}>{JSON.stringify(JSON.parse(data.payload), null, 2)}</pre>
            </div>
            <Again delivery={data} onClose={onClose} />
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function About({ delivery: { status, message_id, created_at, next_attempt_at } }: { delivery: Delivery }) {
  return (
    <Facts>
      <Fact name="State">
        <State of={DELIVERY_STATES} is={status} />{' '}
        {next_attempt_at && <span className="soft">next attempt {moment(next_attempt_at)}</span>}
      </Fact>
      <Fact name="Made">{moment(created_at)}</Fact>
      <Fact name="webhook-id">
        <code className="break">{message_id}</code>
      </Fact>
    </Facts>
  );
}

function Attempts({ of }: { of: readonly WebhookAttempt[] }) {
  if (of.length === 0) return <p className="soft">It has not been tried yet.</p>;
  return (
    <ul className="rows" aria-label="Attempts">
      {of.toReversed().map(({ at, status, error, response, milliseconds }) => (
        <li key={at}>
          <span className="words">
            <span className={error ? 'bad' : 'good'}>{error ?? `answered ${status}`}</span>
            {response && <span className="soft small block break">{response}</span>}
          </span>
          <span className="soft small">
            {timeOf(at)}, {duration(milliseconds)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Again({ delivery: { id, status }, onClose }: { delivery: Delivery; onClose: () => void }) {
  const queries = useQueryClient();
  const sending = useSending(async () => {
    await call(ReplayDelivery, { params: { id } });
    await queries.invalidateQueries({ queryKey: WEBHOOKS });
    toast('It is sent now');
  });
  return (
    <form className="form" onSubmit={sending.submit}>
      <Refusal sending={sending} />
      <div className="row spread">
        <Button tone="quiet" onClick={onClose}>
          Close
        </Button>
        <Button type="submit" busy={sending.busy}>
          {status === 'waiting' ? 'Try now' : 'Send again'}
        </Button>
      </div>
    </form>
  );
}
