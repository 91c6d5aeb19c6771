/** What can be done with the chosen orders, how far it has come, and which were refused and why. */
import { useState } from 'react';
import type { Order, OrderStatus } from '../../../../src/contracts/orders.ts';
import { Button, Input, wordsOf } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { number } from '../../ui/words.tsx';
import type { Selection } from '../list/selection.ts';
import { commonSteps, useBulk } from './bulk.ts';

export const STEP_WORDS: Partial<Record<OrderStatus, { verb: string; done: string }>> = {
  shipped: { verb: 'Mark as shipped', done: 'shipped' },
  delivered: { verb: 'Mark as delivered', done: 'delivered' },
  cancelled: { verb: 'Cancel', done: 'cancelled' },
};
const orders = (count: number) => `${number(count)} ${count === 1 ? 'order' : 'orders'}`;

export function BulkBar({ selection }: { selection: Selection<Order> }) {
  const { bulk, run, stop, close } = useBulk();
  const [asking, setAsking] = useState<OrderStatus>();
  const { rows } = selection;
  const steps = commonSteps(rows);

  return (
    <>
      {rows.length > 0 && (
        <section className="bulk" aria-label="Chosen orders">
          <strong className="numbers" aria-live="polite">
            {number(rows.length)} selected
          </strong>
          {steps.map((to) => (
            <Button key={to} tone="quiet" look="small" onClick={() => setAsking(to)}>
              {STEP_WORDS[to]?.verb}
            </Button>
          ))}
          {steps.length === 0 && <span>No step is open to all of them</span>}
          <Button tone="quiet" look="small" onClick={selection.clear}>
            Clear
          </Button>
        </section>
      )}
      {asking && (
        <Ask
          to={asking}
          count={rows.length}
          onClose={() => setAsking(undefined)}
          onGo={(reason) => {
            setAsking(undefined);
            void run(rows, asking, reason);
          }}
        />
      )}
      {bulk && (
        <Dialog
          title={`${bulk.running ? 'Changing' : 'Changed'} ${orders(bulk.total)}`}
          open
          onClose={bulk.running ? stop : close}
        >
          <progress className="progress" max={bulk.total} value={bulk.done} aria-label="Progress" />
          <p role="status" className="numbers">
            {orders(bulk.done - bulk.refused.length)} {STEP_WORDS[bulk.to]?.done}
            {bulk.refused.length > 0 && `, ${number(bulk.refused.length)} refused and still selected`}
            {!bulk.running && bulk.done < bulk.total && `, ${number(bulk.total - bulk.done)} not begun`}
          </p>
          <ul className="refused">
            {bulk.refused.map(({ order, error }) => (
              <li key={order.id}>
                <strong className="numbers">#{order.number}</strong> {wordsOf(error).message}
                {wordsOf(error).detail && <span className="soft"> ({wordsOf(error).detail})</span>}
              </li>
            ))}
          </ul>
          <div className="row spread">
            <span />
            {bulk.running ? <Button onClick={stop}>Stop</Button> : <Button onClick={close}>Close</Button>}
          </div>
        </Dialog>
      )}
    </>
  );
}

interface AskProps {
  to: OrderStatus;
  count: number;
  onClose: () => void;
  onGo: (reason: string) => void;
}

function Ask({ to, count, onClose, onGo }: AskProps) {
  const [reason, setReason] = useState('');
  const cancelling = to === 'cancelled';
  return (
    <Dialog title={`${STEP_WORDS[to]?.verb ?? ''}: ${orders(count)}`} open onClose={onClose}>
      {cancelling ? (
        <>
          <p>Stock and money of each go back, and each customer is told. This cannot be undone.</p>
          <Input
            label="Why"
            hint="Customers read it"
            optional
            maxLength={500}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        </>
      ) : (
        <p>Each customer is told{to === 'shipped' ? ', without a tracking number: open an order to add one' : ''}.</p>
      )}
      <div className="row spread">
        <Button tone="quiet" onClick={onClose}>
          Not now
        </Button>
        <Button tone={cancelling ? 'danger' : 'primary'} onClick={() => onGo(reason.trim())}>
          {STEP_WORDS[to]?.verb}
        </Button>
      </div>
    </Dialog>
  );
}
