/**
 * A room's life: migrate → handlers and topology → workers → listen → ready; and back: not ready → stop HTTP → finish
 * in flight → close. Two phases, because no message may flow before every room of the process listens.
 */
import type { FastifyInstance } from 'fastify';
import { createActivity, forgetActivity } from './activity.ts';
import type { Rule } from './audit.ts';
import type { Auditor, Check } from './auditor.ts';
import { checkOf, createAuditor } from './auditor.ts';
import type { Verifier } from './auth.ts';
import { exposeBacklog, readBacklog } from './backlog.ts';
import type { Broker } from './broker.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { BROKER, openDatabase, sql } from './database.ts';
import { forgetFinished } from './dead-letters.ts';
import type { Door, Route } from './dispatch.ts';
import { createDoor } from './dispatch.ts';
import type { Handler } from './handler.ts';
import { createHttpServer, mountEndpoints, mountOperations } from './http.ts';
import { expireKeys } from './idempotency.ts';
import type { Inbox } from './inbox.ts';
import { createInbox } from './inbox.ts';
import { forgetDone } from './inbox-memory.ts';
import type { Logger } from './log.ts';
import { forgetTries } from './mended.ts';
import type { StoredEvent } from './message.ts';
import { migrate, PLATFORM_MIGRATIONS } from './migrations.ts';
import type { Relay } from './outbox.ts';
import { createRelay } from './outbox.ts';
import type { Metrics } from './telemetry.ts';
import { createMetrics } from './telemetry.ts';
import * as platform from './telemetry-platform.ts';
import { exposeProcess } from './telemetry-process.ts';
import type { Worker } from './worker.ts';
import { createWorker, HUNG_SECONDS, isSick } from './worker.ts';

/** What a room is given. */
export interface RoomContext<Settings> {
  db: Database;
  clock: Clock;
  log: Logger;
  client: Client;
  settings: Settings;
  /** Where it counts what is its own. */
  metrics: Metrics;
  /** Whether messages wait for it with the broker; also when that cannot be told. */
  queued: () => Promise<boolean>;
}

/** What a room is. */
export interface Room {
  routes: readonly Route[];
  handlers: readonly Handler[];
  workers?: readonly Worker[];
  /** Of what has come, what it has a use for: the rest is acknowledged, and leaves no trace. */
  wanted?: (events: readonly StoredEvent[]) => Promise<StoredEvent[]>;
  /** What must hold of its rows. */
  rules?: readonly Rule[];
  /** What must hold of them beside the rows of other rooms. */
  crossCheck?: Check;
  /** Once, before anything flows: what must exist (an admin, a signing key). */
  prepare?: () => Promise<void>;
  /** Ends every lease, where whoever held one is dead for certain. */
  endLeases?: () => Promise<void>;
}

export interface RoomDefinition<Settings> {
  readonly name: string;
  /** Folder of .sql files. */
  readonly migrations: URL;
  open(context: RoomContext<Settings>): Room;
}

export interface ServiceOptions<Settings> {
  definition: RoomDefinition<Settings>;
  databaseUrl: string;
  poolSize?: number;
  broker: Broker;
  client: Client;
  verifier: Verifier;
  clock: Clock;
  log: Logger;
  settings: Settings;
  /** Properties of requests that say who somebody is: what admins did is kept without them. */
  personal?: readonly string[];
  /** No other process works on this database: leases that are left are those of one that has died. */
  alone?: boolean;
  openapi: object;
  /** Routes that every room has beside its own. */
  common?: (parts: CommonParts) => readonly Route[];
}

/** What the routes of every room stand on. */
export interface CommonParts {
  db: Database;
  inbox: Inbox;
  clock: Clock;
  /** Where the room has rules. */
  auditor: Auditor | undefined;
}

export interface Service {
  readonly name: string;
  readonly db: Database;
  readonly door: Door;
  readonly inbox: Inbox;
  /** Whether it takes only those messages that it wants just then. */
  readonly picky: boolean;
  readonly auditor: Auditor | undefined;
  readonly metrics: Metrics;
  /** Workers start, messages flow. */
  run(): void;
  listen(host: string, port: number): Promise<string>;
  health(): Promise<HealthSummary>;
  /** Wakes every worker at once: for tests that will not wait for a poll. */
  wake(): void;
  /** Everything but the database: work in flight ends, and what this room still had to say is published. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

export interface HealthSummary extends Record<string, unknown> {
  status: 'ok' | 'degraded' | 'down';
}

const HOUSEKEEPING_MS = 60_000;

const PING = sql('select 1');

export interface OpenedRoom {
  readonly room: Room;
  readonly inbox: Inbox;
  readonly relay: Relay;
  readonly auditor: Auditor | undefined;
  /** Those of the platform and the room's own. */
  readonly workers: readonly Worker[];
  /** The migrations that were applied. */
  readonly applied: number;
}

/** What a room is given, and what its messages go through. */
export interface OpenRoomOptions<Settings> extends Omit<RoomContext<Settings>, 'queued'> {
  definition: RoomDefinition<Settings>;
  broker: Broker;
}

/** Migrates, prepares and subscribes a room. Nothing moves before its workers do. */
export async function openRoom<Settings>(options: OpenRoomOptions<Settings>): Promise<OpenedRoom> {
  const { definition, broker, ...context } = options;
  const { db, clock, log, metrics } = context;
  const applied = await migrate(db, [PLATFORM_MIGRATIONS, definition.migrations]);
  const room = definition.open({ ...context, queued: () => queuedFor(broker, definition.name) });
  await room.prepare?.();
  const inbox = createInbox({ db, handlers: room.handlers, clock, log, meter: platform.meterInbox(metrics, clock) });
  const relay = createRelay({ db, broker, clock, log, published: platform.meterRelay(metrics) });
  const workers: Worker[] = [relay, inbox.worker, ...(room.workers ?? [])];
  workers.push(createWorker({ name: 'housekeeping', pollMs: HOUSEKEEPING_MS, log, pass: () => tidy(db, clock) }));
  const auditor = room.rules && (await openAuditor(room, context));
  if (auditor) workers.push(auditor.worker);
  const deliver = room.wanted ? picky(inbox.deliver, room.wanted) : inbox.deliver;
  await broker.subscribe({ service: definition.name, types: inbox.types, deliver, park: inbox.park });
  return { room, inbox, relay, auditor, workers, applied };
}

function picky(deliver: Inbox['deliver'], wanted: NonNullable<Room['wanted']>): Inbox['deliver'] {
  return async (events, again) => {
    const some = await wanted(events);
    if (some.length > 0) await deliver(some, again);
  };
}

async function queuedFor(broker: Broker, service: string): Promise<boolean> {
  try {
    const depths = (await broker.depths?.(service)) ?? [];
    return depths.some(({ queue, messages }) => queue === 'work' && messages > 0);
  } catch {
    return true;
  }
}

function openAuditor(
  { rules = [], crossCheck }: Room,
  { db, clock, log }: Pick<RoomContext<never>, 'db' | 'clock' | 'log'>,
) {
  const checks = rules.map((rule) => checkOf(db, rule));
  return createAuditor({ db, clock, log, checks: crossCheck ? [...checks, crossCheck] : checks });
}

export async function openService<Settings>(options: ServiceOptions<Settings>): Promise<Service> {
  const { definition, broker, clock, verifier, client, settings, openapi } = options;
  const { name } = definition;
  const log = options.log.child({ service: name });
  const { poolSize } = options;
  const metrics = createMetrics(name);
  const onWait = platform.meterPool(metrics);
  const db = openDatabase({
    service: name,
    url: options.databaseUrl,
    clock,
    log,
    onWait,
    carrier: broker.depths ? BROKER : '',
    ...(poolSize && { poolSize }),
  });
  try {
    // The first to be asked: what a scrape itself asks the database for is no work that waits.
    platform.exposePool(metrics, db);
    const context = { db, clock, log, client, settings, metrics };
    const opened = await openRoom({ ...context, definition, broker });
    expose(metrics, { ...opened, db, broker, name });
    if (options.alone) await opened.room.endLeases?.();
    if (opened.applied > 0) log.info({ applied: opened.applied }, 'database migrated');
    const routes = [
      ...opened.room.routes,
      ...(options.common?.({ db, inbox: opened.inbox, clock, auditor: opened.auditor }) ?? []),
    ];
    const activity = createActivity(db, clock, options.personal);
    const door = platform.measured(createDoor({ routes, verifier, log, activity }), metrics);
    const picky = opened.room.wanted !== undefined;
    return runningService({ ...opened, picky, name, db, door, metrics, broker, routes, openapi });
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** What a scrape asks for. */
function expose(metrics: Metrics, room: OpenedRoom & { db: Database; broker: Broker; name: string }): void {
  const { db, inbox, workers, auditor, broker, name } = room;
  exposeProcess(metrics.registry);
  exposeBacklog(metrics, db, inbox);
  platform.exposeWorkers(metrics, workers);
  platform.exposeBroker(metrics, broker, name);
  if (auditor) platform.exposeAudit(metrics, db);
}

async function tidy(db: Database, clock: Clock): Promise<boolean> {
  const more = await expireKeys(db, clock.now());
  const forgotten = await forgetDone(db, clock.now());
  const finished = await forgetFinished(db, clock.now());
  const mended = await forgetTries(db, clock.now());
  const deeds = await forgetActivity(db, clock.now());
  return more || finished || mended || deeds || forgotten;
}

interface Parts {
  name: string;
  db: Database;
  door: Door;
  inbox: Inbox;
  picky: boolean;
  auditor: Auditor | undefined;
  metrics: Metrics;
  relay: Relay;
  workers: readonly Worker[];
  routes: readonly Route[];
  broker: Broker;
  openapi: object;
}

function runningService(parts: Parts): Service {
  const { name, db, door, inbox, picky, auditor, metrics, relay, workers, routes, broker, openapi } = parts;
  let app: FastifyInstance | undefined;
  let stopping = false;

  let finished: Promise<void> | undefined;
  function finish(): Promise<void> {
    finished ??= end();
    return finished;
  }
  async function end(): Promise<void> {
    stopping = true;
    await app?.close();
    // What the others still had to say is published before the relay stops.
    await Promise.all(workers.map((worker) => (worker === relay ? undefined : worker.stop())));
    await relay.stop();
    await relay.drain();
  }

  async function health(): Promise<HealthSummary> {
    const [database, messages] = await Promise.all([probe(() => db.query(PING)), probe(() => broker.check())]);
    const backlog = database.ok ? await readBacklog(db, inbox).catch(() => undefined) : undefined;
    const statuses = workers.map((worker) => worker.status());
    const sick = statuses.some(isSick) || inbox.inHand().oldest_seconds > HUNG_SECONDS;
    const status = !database.ok || stopping ? 'down' : messages.ok && !sick ? 'ok' : 'degraded';
    return { status, service: name, database, broker: messages, workers: statuses, backlog };
  }

  async function ready(): Promise<string | undefined> {
    if (stopping) return 'stopping';
    if (!workers.every((worker) => worker.status().running)) return 'workers are not running';
    // Not the broker: without it messages wait, and requests are served all the same.
    const database = await probe(() => db.query(PING));
    return database.ok ? undefined : `database: ${database.error}`;
  }

  return {
    name,
    db,
    door,
    inbox,
    picky,
    auditor,
    metrics,
    health,
    run: () => {
      for (const worker of workers) worker.start();
    },
    wake: () => {
      for (const worker of workers) worker.wake();
    },
    async listen(host, port) {
      app = createHttpServer();
      const mounts = routes.map(({ endpoint }) => ({ endpoint, path: endpoint.path }));
      mountEndpoints(app, mounts, door);
      await mountOperations(app, { probes: { ready, summary: health }, metrics, openapi });
      return app.listen({ host, port });
    },
    finish,
    async stop() {
      await finish();
      await db.close();
    },
  };
}

interface Probe {
  ok: boolean;
  milliseconds: number;
  error?: string;
}

/** Really asks, and does not wait for ever. */
async function probe(ask: () => Promise<unknown>): Promise<Probe> {
  const started = performance.now();
  const took = () => Math.round((performance.now() - started) * 10) / 10;
  let timer: NodeJS.Timeout | undefined;
  try {
    const timeout = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error('no answer within 2 s')), 2_000);
    });
    await Promise.race([ask(), timeout]);
    return { ok: true, milliseconds: took() };
  } catch (error) {
    return { ok: false, milliseconds: took(), error: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}
