/**
 * A picture of the order's way: a lane for each room, time from top to bottom, a line from the room whose word it followed.
 * Each row says the same in words beside it, which is all that those hear who do not see it.
 */
import type { CSSProperties } from 'react';
import type { Xray, XrayRoom } from '../../../../../src/contracts/xray.ts';
import { Icon, type IconName } from '../../../ui/icon.tsx';
import { duration, moment, timeOf, withMoney } from '../../../ui/words.tsx';
import { Panel } from '../../panel.tsx';
import { plainWords } from '../../states.tsx';

const LANES: readonly { room: XrayRoom; icon: IconName }[] = [
  { room: 'orders', icon: 'cart' },
  { room: 'inventory', icon: 'box' },
  { room: 'payments', icon: 'card' },
  { room: 'notifications', icon: 'mail' },
];
const laneOf = (room: string | null) => LANES.findIndex((lane) => lane.room === room);
/** Longer than this between two steps, and the time of day says more. */
const LONG_MS = 60_000;

export function Way({ xray: { way, conversation, orders } }: { xray: Xray }) {
  const ahead = conversation.filter(({ awaited, state }) => awaited && state !== 'unknown');
  return (
    <Panel title="Its way through the services">
      {way.length === 0 && ahead.length === 0 ? (
        <p className="none">Nothing of it is known right now.</p>
      ) : (
        <div className="way">
          <div className="way-row way-head">
            <span />
            <span className="lanes">
              {LANES.map(({ room, icon }) => (
                <span key={room} className={`lane-name ${room}`}>
                  <Icon name={icon} size={16} />
                  <span className="lane-words">{plainWords(room)}</span>
                </span>
              ))}
            </span>
            <span />
          </div>
          <ol>
            {way.map(({ at, room, from, what, tone }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the way only grows at its end
              <li key={index} className={`way-row ${tone}`}>
                <time className="soft small numbers" dateTime={at} title={moment(at)}>
                  {sinceWords(at, way[index - 1]?.at)}
                </time>
                <Lanes room={room} from={from} />
                <span className="break">
                  <span className="way-room">{plainWords(room)}: </span>
                  {withMoney(what)}
                </span>
              </li>
            ))}
            {ahead.map(({ type, from, to, state, words }, index) => (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: two refunds on their way say the same
                key={`${type} ${to} ${index}`}
                className={`way-row ahead ${state === 'dead' || state === 'failing' ? 'bad' : ''}`}
              >
                <span className="soft small">now</span>
                <Lanes room={to} from={from} />
                <span className="break">
                  <span className="way-room">{plainWords(to)}: </span>
                  {words}
                </span>
              </li>
            ))}
          </ol>
        </div>
      )}
      {orders?.trace_id && (
        <p className="soft small break">
          Trace <code>{orders.trace_id}</code>: the same in the log of every service, and wherever traces are kept.
        </p>
      )}
    </Panel>
  );
}

function sinceWords(at: string, before: string | undefined): string {
  if (before === undefined) return timeOf(at);
  const ms = Date.parse(at) - Date.parse(before);
  return ms < LONG_MS ? `+${duration(ms)}` : timeOf(at);
}

/** A dot in the room's lane, and where it came from. */
function Lanes({ room, from }: { room: string; from: string | null }) {
  const [to, start] = [laneOf(room), laneOf(from)];
  const middle = (lane: number) => (lane + 0.5) * (100 / LANES.length);
  const hop: CSSProperties | undefined =
    start < 0 || start === to
      ? undefined
      : { left: `${middle(Math.min(start, to))}%`, width: `${Math.abs(middle(to) - middle(start))}%` };
  return (
    <span className="lanes" aria-hidden="true">
      {LANES.map(({ room: name }) => (
        <span key={name} className="lane" />
      ))}
      {hop && <span className={`hop ${to > start ? 'right' : 'left'}`} style={hop} />}
      <span className={`lane-dot ${room}`} style={{ left: `${middle(to)}%` }} />
    </span>
  );
}
