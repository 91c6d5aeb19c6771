/** What can be done with the chosen orders, how far it has come, and which were refused and why. */
import { useState } from 'react';
import type { Order, OrderStatus } from '../../../../src/contracts/orders.ts';
import { Button, Input, wordsOf } from '../../ui/kit.tsx';
import { Confirm, Dialog } from '../../ui/overlays.tsx';
import { number } from '../../ui/words.tsx';
import type { Selection } from '../list/selection.ts';
import { type Bulk, commonSteps, type Outcome, useBulk } from './bulk.ts';

export const STEP_WORDS: Partial<Record<OrderStatus, { verb: string; done: string }>> = {
  shipped: { verb: 'Mark as shipped', done: 'shipped' },
  delivered: { verb: 'Mark as delivered', done: 'delivered' },
  cancelled: { verb: 'Cancel', done: 'cancelled' },
};
const orders = (count: number) => `${number(count)} ${count === 1 ? 'order' : 'orders'}`;

export function BulkBar({ selection }: { selection: Selection<Order> }) {
  const { bulk, run, stop, close } = useBulk(selection.drop);
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
          onGo={(reason) => void run(rows, asking, reason)}
        />
      )}
      {bulk && (
        <Progress
          bulk={bulk}
          onStop={stop}
          onClose={close}
          onAgain={() => void run(ordersThat(bulk, 'unknown'), bulk.to, bulk.reason)}
        />
      )}
    </>
  );
}

const ordersThat = ({ outcomes }: Bulk, are: Outcome['state']) =>
  outcomes.filter(({ state }) => state === are).map(({ order }) => order);

interface ProgressProps {
  bulk: Bulk;
  onStop: () => void;
  onClose: () => void;
  onAgain: () => void;
}

function Progress({ bulk, onStop, onClose, onAgain }: ProgressProps) {
  const { to, total, outcomes, running } = bulk;
  const [done, refused, unknown] = (['done', 'refused', 'unknown'] as const).map(
    (state) => ordersThat(bulk, state).length,
  ) as [number, number, number];
  return (
    <Dialog title={`${running ? 'Changing' : 'Changed'} ${orders(total)}`} open onClose={running ? onStop : onClose}>
      <progress className="progress" max={total} value={outcomes.length} aria-label="Progress" />
      <p role="status" className="numbers">
        {orders(done)} {STEP_WORDS[to]?.done}
        {refused > 0 && `, ${number(refused)} refused`}
        {unknown > 0 && `, ${number(unknown)} not known`}
        {!running && outcomes.length < total && `, ${number(total - outcomes.length)} not begun`}
      </p>
      <ul className="refused">
        {outcomes.flatMap(({ order, state, error }) =>
          state === 'done' ? (
            []
          ) : (
            <li key={order.id}>
              <strong className="numbers">#{order.number}</strong>{' '}
              {state === 'unknown' ? 'It may be done or not: its answer was lost' : wordsOf(error).message}
              {wordsOf(error).detail && <span className="soft"> ({wordsOf(error).detail})</span>}
            </li>
          ),
        )}
      </ul>
      {!running && unknown > 0 && <p>Trying again is safe: nothing is done twice.</p>}
      <div className="row spread">
        {!running && unknown > 0 ? <Button onClick={onAgain}>Try again</Button> : <span />}
        {running ? <Button onClick={onStop}>Stop</Button> : <Button onClick={onClose}>Close</Button>}
      </div>
    </Dialog>
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
    <Confirm
      title={`${STEP_WORDS[to]?.verb ?? ''}: ${orders(count)}`}
      action={STEP_WORDS[to]?.verb ?? ''}
      tone={cancelling ? 'danger' : 'primary'}
      open
      onClose={onClose}
      onConfirm={async () => onGo(reason.trim())}
    >
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
    </Confirm>
  );
}
