/** Whether every part of the shop answers, what it has yet to do, and what nobody could handle. */
import { Badge, duration, number } from '../../ui/words.tsx';
import { messages } from '../dead-letters/words.ts';
import { Loaded, Panel } from '../panel.tsx';
import { plainWords } from '../states.tsx';
import { useHealth } from './health-read.ts';
import type { RoomHealth } from './health-reply.ts';

export function HealthCard() {
  const health = useHealth();
  return (
    <Panel
      title="Services"
      look="full"
      actions={
        health.data && (
          <Badge tone={health.data.status === 'ok' ? 'good' : 'bad'}>
            {health.data.status === 'ok' ? 'All is well' : 'Something is away'}
          </Badge>
        )
      }
    >
      <Loaded query={health} lines={6}>
        {({ services }) => (
          <ul className="rooms">
            {Object.entries(services).map(([name, room]) => (
              <li key={name} className="room">
                <span className="room-name">
                  <strong>{plainWords(name)}</strong>
                  <Badge tone={toneOf(room)}>{stateOf(room)}</Badge>
                </span>
                <span className="soft small">{wordsOf(room)}</span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

const toneOf = ({ status, breaker }: RoomHealth) =>
  status === 'ok' && breaker === 'closed' ? 'good' : status === 'down' ? 'bad' : 'wait';

function stateOf({ status, breaker }: RoomHealth): string {
  if (status === 'down') return 'Away';
  if (breaker === 'open') return 'Resting';
  return status === 'ok' ? 'Well' : plainWords(status);
}

function wordsOf({ error, breaker, database, broker, workers = [], backlog }: RoomHealth): string {
  if (error) return error;
  const stopped = workers.filter(({ running }) => !running).map(({ name }) => name);
  const failing = workers.filter(({ failures }) => failures > 0).map(({ name }) => name);
  const waiting = (backlog?.outbox ?? 0) + (backlog?.inbox ?? 0);
  const oldest = Math.max(backlog?.outbox_oldest_seconds ?? 0, backlog?.inbox_oldest_seconds ?? 0);
  return [
    breaker === 'open' && 'the gateway gives it a rest',
    database && (database.ok ? `database ${duration(database.milliseconds)}` : 'no database'),
    broker && !broker.ok && 'no broker',
    waiting > 0
      ? `${messages(waiting)} to handle, the oldest for ${duration(oldest * 1000)}`
      : backlog && 'nothing to handle',
    backlog &&
      backlog.dead_letters > 0 &&
      `${number(backlog.dead_letters)} dead ${backlog.dead_letters === 1 ? 'letter' : 'letters'}`,
    stopped.length > 0 && `stopped: ${stopped.join(', ')}`,
    failing.length > 0 && `failing: ${failing.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' · ');
}
