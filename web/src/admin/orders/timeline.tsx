/** What happened to an order, step by step, and what it waits for. */

import type { GetTimeline, OrderStatus } from '../../../../src/contracts/orders.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';
import type { StreamState } from '../../api/order-stream.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { clock, date, duration, moment, orderState, reasonOf } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { plainWords } from '../states.tsx';
import { useTimeline } from './reads.ts';

type Entry = ReplyOf<typeof GetTimeline>['items'][number];

const EVENTS: Record<string, readonly [words: string, icon: IconName]> = {
  'order.placed': ['Placed', 'cart'],
  'product.stock.deducted': ['Stock is held', 'box'],
  'product.stock.deduction.failed': ['Sold out', 'alert'],
  'payment.processed': ['Paid', 'card'],
  'payment.failed': ['Payment declined', 'alert'],
  'command ship': ['Shipped', 'truck'],
  'command deliver': ['Delivered', 'home'],
  'command cancel': ['Cancelled', 'close'],
  deadline: ['Waited too long', 'clock'],
  'payment.refunded': ['Refunded', 'refund'],
  'payment.refund.failed': ['Refund came back', 'alert'],
  'product.stock.restored': ['Stock given back', 'box'],
  'customer.deleted': ['Account closed', 'user'],
};
const ENDED: readonly OrderStatus[] = ['failed', 'cancelled'];
const LIVE: Record<StreamState, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting…',
  ended: 'Complete',
  refused: '',
};

export function Timeline({ id, stream }: { id: string; stream: StreamState }) {
  const timeline = useTimeline(id);
  return (
    <Panel title="Timeline" actions={<span className={`live ${stream}`}>{LIVE[stream]}</span>}>
      <Loaded query={timeline} lines={6}>
        {({ items, next, deadline_at }) => (
          <>
            <ol className="steps" aria-live="polite" aria-relevant="additions">
              {items.map((entry, index) => (
                <Step key={entry.version} entry={entry} before={items[index - 1]} />
              ))}
              {next && (
                <li className="step next">
                  <span className="dot" />
                  <div>
                    {next}
                    {deadline_at && <span className="soft"> · gives up at {clock(deadline_at)}</span>}
                  </div>
                </li>
              )}
            </ol>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Step({ entry, before }: { entry: Entry; before: Entry | undefined }) {
  const { event, status, note, at } = entry;
  const [words, icon] = EVENTS[event] ?? [plainWords(event), 'info'];
  const moved = before?.status !== status;
  const after = before ? new Date(at).getTime() - new Date(before.at).getTime() : 0;
  const newDay = before === undefined || date(before.at) !== date(at);
  return (
    <li className={`step ${moved && ENDED.includes(status) ? 'bad' : ''}`}>
      <span className="dot">
        <Icon name={icon} size={14} />
      </span>
      <div>
        <strong>{words}</strong>
        {moved && before && !event.startsWith('command') && <span className="soft"> → {orderState(status)}</span>}
        {note && !words.endsWith(note) && <p className="soft small break">{reasonOf(note)}</p>}
      </div>
      <time
        className="soft small numbers"
        dateTime={at}
        title={`${moment(at)}${after ? `, ${duration(after)} later` : ''}`}
      >
        {newDay ? moment(at) : clock(at)}
      </time>
    </li>
  );
}
