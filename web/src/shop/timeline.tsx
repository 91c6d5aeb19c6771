/** An order's life in pictures: four stations, and below every step with its time. */
import type { Order } from '../../../src/contracts/orders.ts';
import type { OrderStream, Step, StreamState } from '../api/order-stream.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Skeleton } from '../ui/kit.tsx';
import { moment, reasonOf, timeOf } from '../ui/words.tsx';

const STATIONS: { words: string; icon: IconName; reached: readonly Order['status'][] }[] = [
  {
    words: 'Ordered',
    icon: 'cart',
    reached: ['pending', 'awaiting_payment', 'confirmed', 'shipped', 'delivered', 'failed', 'cancelled'],
  },
  { words: 'Paid', icon: 'card', reached: ['confirmed', 'shipped', 'delivered'] },
  { words: 'Shipped', icon: 'truck', reached: ['shipped', 'delivered'] },
  { words: 'Delivered', icon: 'home', reached: ['delivered'] },
];

export function Progress({ order: { status } }: { order: Order }) {
  if (status === 'failed' || status === 'cancelled') return null;
  const next = STATIONS.findIndex(({ reached }) => !reached.includes(status));
  return (
    <ol className="stations">
      {STATIONS.map(({ words, icon, reached }, i) => {
        const there = reached.includes(status);
        return (
          <li key={words} className={there ? 'there' : i === next ? 'next' : ''}>
            <span className="station">
              <Icon name={icon} />
            </span>
            {words}
            <span className="unseen">{there ? ' (done)' : ' (not yet)'}</span>
          </li>
        );
      })}
    </ol>
  );
}

const EVENTS: Record<string, [words: string, icon: IconName, tone?: 'good' | 'bad']> = {
  'order.placed': ['Your order arrived', 'cart'],
  'product.stock.deducted': ['Everything is held for you', 'box'],
  'product.stock.deduction.failed': ['Something was sold out', 'alert', 'bad'],
  'payment.processed': ['Paid', 'card', 'good'],
  'payment.failed': ['The payment was declined', 'alert', 'bad'],
  'payment.refunded': ['Money went back to you', 'refund', 'good'],
  'payment.refund.failed': ['Your bank did not take the money back; we are on it', 'alert', 'bad'],
  'product.stock.restored': ['What was held is for sale again', 'box'],
};
const BY_STATUS: Partial<Record<Order['status'], [words: string, icon: IconName, tone?: 'good' | 'bad']>> = {
  shipped: ['Your parcel is on its way', 'truck', 'good'],
  delivered: ['Your parcel has arrived', 'home', 'good'],
  cancelled: ['Cancelled', 'close'],
  failed: ['It took too long, and was ended', 'alert', 'bad'],
};

/** The others' notes are for the shop's people: numbers of charges. */
const TELLING = ['command cancel', 'command ship', 'command deliver', 'payment.failed'];

/** "The payment was declined" needs no "declined" below it. */
const isTold = ({ event, note }: Step, words: string) => note && TELLING.includes(event) && !words.endsWith(note);

const wordsOf = ({ event, status }: Step) =>
  EVENTS[event] ?? BY_STATUS[status] ?? [event.replaceAll(/[._]/g, ' '), 'info'];

export function Timeline({ stream: { steps, state } }: { stream: OrderStream }) {
  const last = steps.at(-1);
  return (
    <>
      <ol className="timeline" aria-live="polite" aria-relevant="additions">
        {steps.map((step) => {
          const [words, icon, tone = ''] = wordsOf(step);
          return (
            <li key={step.version} className={tone}>
              <span className="dot">
                <Icon name={icon} size={16} />
              </span>
              <div>
                <strong>{words}</strong>
                {isTold(step, words) && <p className="soft small">{reasonOf(step.note ?? '')}</p>}
              </div>
              <time className="soft small numbers" dateTime={step.at} title={moment(step.at)}>
                {timeOf(step.at)}
              </time>
            </li>
          );
        })}
        {last?.next && (
          <li className="coming">
            <span className="dot">
              <Icon name="clock" size={16} />
            </span>
            <div>
              <strong>Next</strong>
              <p className="soft small">{last.next}</p>
            </div>
          </li>
        )}
      </ol>
      {steps.length === 0 && state !== 'refused' && <Skeleton height="8rem" />}
      <Connection state={state} />
    </>
  );
}

function Connection({ state }: { state: StreamState }) {
  switch (state) {
    case 'live':
      return <p className="connection live">Live: this page changes by itself</p>;
    case 'lost':
      return <p className="connection">The connection is lost; trying again…</p>;
    case 'refused':
      return <p className="connection">What happens next is not shown by itself right now; load the page again.</p>;
    default:
      return null;
  }
}
