/** When a shop has come to rest: nothing waits in any room, nothing is in the broker, no effect is being performed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from 'rabbitmq-client';
import type { ServiceName } from '../src/contracts/registry.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { nodesOf } from '../src/platform/broker-nodes.ts';

export type Query = <Row = Record<string, unknown>>(
  room: ServiceName,
  sql: string,
  values?: unknown[],
) => Promise<Row[]>;

export interface Amqp {
  url: string;
  namespace: string;
}

export const MESSAGES = 'select 1 from outbox union all select 1 from inbox limit 1';
export const EFFECTS: [ServiceName, string][] = [
  ['orders', `select 1 from orders where status in ('pending', 'awaiting_payment') limit 1`],
  ['payments', `select 1 from payments where status = 'processing' limit 1`],
  ['payments', `select 1 from refunds where status = 'processing' limit 1`],
  ['payments', `select 1 from webhook_events where status = 'waiting' limit 1`],
  ['notifications', `select 1 from notifications where status in ('queued', 'waiting') limit 1`],
];
/** What a broker has handed over to another process, and is being handled there, shows nowhere; it takes no longer than this. */
const HANDOVER_MS = 150;
const LIMIT_MS = 60_000;

async function busyRoom(query: Query): Promise<string | undefined> {
  for (const room of SERVICES) if ((await query(room, MESSAGES)).length > 0) return `messages of ${room}`;
  for (const [room, sql] of EFFECTS) if ((await query(room, sql)).length > 0) return `effects of ${room}`;
  return undefined;
}

async function busyQueue(connection: Connection, namespace: string): Promise<string | undefined> {
  for (const room of SERVICES) {
    const queue = `${namespace}.${room}`;
    const { messageCount = 0 } = await connection
      .queueDeclare({ queue, passive: true })
      .catch(() => ({ messageCount: 1 }));
    if (messageCount > 0) return `queue ${queue}`;
  }
  return undefined;
}

/** Waits until all is quiet, twice in a row; fails with what is not. `inHand`: how many messages this process is handling. */
export async function waitUntilQuiet(query: Query, amqp: Amqp | undefined, inHand = () => 0): Promise<void> {
  const connection = amqp && new Connection({ ...nodesOf(amqp.url), retryLow: 100 });
  connection?.on('error', () => {});
  const limit = Date.now() + LIMIT_MS;
  try {
    for (let calm = 0; calm < (amqp ? 2 : 1); ) {
      const busy =
        (await busyRoom(query)) ??
        (inHand() > 0 ? 'what has just come' : undefined) ??
        (connection && (await busyQueue(connection, amqp?.namespace as string)));
      calm = busy === undefined ? calm + 1 : 0;
      if (Date.now() > limit) throw new Error(`still on their way: ${busy}`);
      await sleep(busy === undefined && amqp ? HANDOVER_MS : 20);
    }
  } finally {
    connection?.unsafeDestroy();
  }
}
