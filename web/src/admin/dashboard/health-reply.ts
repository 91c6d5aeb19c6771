/** What the gateway says of the rooms, read with care: an answer may be a proxy's own page, or an older shop's. */
import { Problem, problemOf } from '../../api/http.ts';

/** What the gateway says of each room; a room that is down says less. */
export interface RoomHealth {
  status: string;
  breaker: 'open' | 'closed';
  error?: string;
  database?: { ok: boolean; milliseconds: number };
  broker?: { ok: boolean; milliseconds: number };
  workers?: { name: string; running: boolean; failures: number }[];
  backlog?: {
    outbox: number;
    outbox_oldest_seconds: number;
    inbox: number;
    inbox_oldest_seconds: number;
    dead_letters: number;
  };
}
export interface Health {
  status: string;
  services: Record<string, RoomHealth>;
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const may = (is: (value: unknown) => boolean, value: unknown) => value === undefined || is(value);

function isRoom(room: unknown): boolean {
  if (!isObject(room)) return false;
  const { status, error, database, broker, workers, backlog } = room;
  return (
    typeof status === 'string' &&
    may((text) => typeof text === 'string', error) &&
    [database, broker, backlog].every((part) => may(isObject, part)) &&
    may((list) => Array.isArray(list) && list.every(isObject), workers)
  );
}

const isHealth = (said: unknown): boolean =>
  isObject(said) &&
  typeof said.status === 'string' &&
  isObject(said.services) &&
  Object.values(said.services).every(isRoom);

/** A shop that is not well says so with 503, and how; whatever else it is, is no answer. */
export async function healthIn(answer: Response): Promise<Health> {
  const said: unknown = await answer
    .clone()
    .json()
    .catch(() => undefined);
  if (isHealth(said)) return said as Health;
  if (!answer.ok) throw await problemOf(answer);
  throw new Problem({ title: 'What the shop says of its services cannot be read' }, answer.status);
}
