/** One room on a database of its own, called through its door, fed through its inbox. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Settings } from '../src/config.ts';
import { readSettings } from '../src/config.ts';
import { ACTIVITY } from '../src/contracts/activity.ts';
import { DESKS } from '../src/contracts/dead-letters.ts';
import { MESSAGES } from '../src/contracts/messages.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { activityRoute } from '../src/desk/activity.ts';
import { messageRoute } from '../src/desk/messages.ts';
import { deskRoutes } from '../src/desk/routes.ts';
import type { Verifier } from '../src/platform/auth.ts';
import { createLocalBroker } from '../src/platform/broker-local.ts';
import type { CallOptions, CallResult } from '../src/platform/client.ts';
import { createClient } from '../src/platform/client.ts';
import { systemClock } from '../src/platform/clock.ts';
import type { DataOf, Endpoint, EventContract } from '../src/platform/contract.ts';
import { sql } from '../src/platform/database.ts';
import { silentLog } from '../src/platform/log.ts';
import type { StoredEvent } from '../src/platform/message.ts';
import { storedEvent } from '../src/platform/message.ts';
import { common, reject } from '../src/platform/problem.ts';
import type { RoomDefinition, Service } from '../src/platform/service.ts';
import { openService } from '../src/platform/service.ts';
import { createLocalUpstream } from '../src/platform/upstream.ts';

export type As = 'guest' | 'admin' | { customer: string };
export const ADMIN_ID = '00000000-0000-7000-8000-000000000001';

/** Takes made-up tokens at their word: `admin.<id>`, `customer.<id>`. */
const believing: Verifier = {
  async verify(token) {
    const [role, id = ''] = token.split('.');
    if (role !== 'admin' && role !== 'customer') return reject(common.unauthorized);
    return { role, id, email: `${id}@example.com`, token };
  },
};

function tokenOf(as: As): string | undefined {
  if (as === 'guest') return undefined;
  return as === 'admin' ? `admin.${ADMIN_ID}` : `customer.${as.customer}`;
}

/** A message as its publisher would write it. */
export function message<E extends EventContract>(event: E, data: DataOf<E>): StoredEvent {
  return storedEvent(event.publisher, event, data, new Date());
}

export interface TestRoom {
  readonly service: Service;
  call<E extends Endpoint>(endpoint: E, options?: CallOptions<E> & { as?: As }): Promise<CallResult<E>>;
  /** Stores messages and waits until they are handled. Throws when one of them fails. */
  deliver(events: readonly StoredEvent[]): Promise<void>;
  /** What would be published, oldest first. */
  outbox(): Promise<{ type: string; subject: string; data: Record<string, unknown> }[]>;
  /** Another replica on the same database. */
  replica(definition?: RoomDefinition<Settings>, overrides?: Partial<Settings>): Promise<Service>;
  close(): Promise<void>;
}

const WAITING = sql('select attempts, last_error from inbox order by attempts desc limit 1');
const DEAD = sql('select cause from dead_letters');
const OUTBOX = sql('select type, subject, data from outbox order by id');

export async function openTestRoom(
  definition: RoomDefinition<Settings>,
  overrides: Partial<Settings> = {},
): Promise<TestRoom> {
  const name = `test_${definition.name}_${randomBytes(6).toString('hex')}`;
  await onServer(`create database "${name}"`);
  const databaseUrl = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href;
  const opened: Service[] = [];

  async function replica(again = definition, more: Partial<Settings> = {}): Promise<Service> {
    const service = await openService({
      definition: again,
      databaseUrl,
      broker: createLocalBroker(),
      client: createClient(createLocalUpstream(new Map())),
      verifier: believing,
      clock: systemClock,
      log: silentLog,
      settings: { ...readSettings({ env: {}, dotenv: '', flags: [] }), ...overrides, ...more },
      openapi: {},
      common: (parts) => {
        const room = again.name as ServiceName;
        const everywhere = [messageRoute(MESSAGES[room], parts), activityRoute(ACTIVITY[room], parts)];
        return [...deskRoutes(DESKS[room], parts), ...everywhere];
      },
    });
    opened.push(service);
    return service;
  }

  async function close(): Promise<void> {
    await Promise.all(opened.map((one) => one.stop()));
    await onServer(`drop database "${name}" with (force)`);
  }

  const service = await replica().catch(async (error) => {
    await close();
    throw error;
  });
  service.inbox.worker.start();
  const client = createClient(
    createLocalUpstream(new Map([[service.name, { door: service.door, health: service.health }]])),
  );

  return {
    service,
    replica,
    close,
    call(endpoint, { as = 'guest', ...options } = {} as never) {
      const token = tokenOf(as);
      return client.call(endpoint, { ...(token && { token }), ...options } as never);
    },
    async deliver(events) {
      await service.inbox.store(events);
      for (;;) {
        const [waiting] = await service.db.query<{ attempts: number; last_error: string }>(WAITING);
        if (!waiting) break;
        if (waiting.attempts > 0) throw new Error(`a message failed: ${waiting.last_error}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const [dead] = await service.db.query<{ cause: string }>(DEAD);
      if (dead) throw new Error(`a message is dead: ${dead.cause}`);
    },
    outbox: () => service.db.query(OUTBOX),
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Asks until the answer is there. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>, withinMs = 10_000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > until) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
