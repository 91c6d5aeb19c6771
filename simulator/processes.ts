/**
 * The processes of a simulated shop: two of each room that an order goes through, each with its own pools, workers and
 * memory, as `main.ts` would make them. A process that dies loses all of that, and comes back a while later.
 */
import type { Settings } from '../src/config.ts';
import type { Verifier } from '../src/platform/auth.ts';
import type { CallOptions, CallResult, Client } from '../src/platform/client.ts';
import { createClient } from '../src/platform/client.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import type { Database } from '../src/platform/database.ts';
import { openDatabase } from '../src/platform/database.ts';
import { createDoor } from '../src/platform/dispatch.ts';
import { silentLog } from '../src/platform/log.ts';
import { common, reject } from '../src/platform/problem.ts';
import { backoff } from '../src/platform/retry.ts';
import type { RoomDefinition } from '../src/platform/service.ts';
import { openRoom } from '../src/platform/service.ts';
import { createMetrics } from '../src/platform/telemetry.ts';
import { createLocalUpstream } from '../src/platform/upstream.ts';
import type { Worker } from '../src/platform/worker.ts';
import type { SimulatedBroker } from './broker.ts';
import type { Connections } from './connections.ts';
import type { Life, World } from './world.ts';

export const ROOMS = ['orders', 'inventory', 'payments', 'notifications'] as const;
export type SimulatedRoom = (typeof ROOMS)[number];

export interface Process extends Life {
  readonly room: SimulatedRoom;
  readonly db: Database;
  readonly client: Client;
  readonly workers: DrivenWorker[];
  /** Whoever waits for an answer of this process when it dies. */
  readonly hangUps: Set<() => void>;
}

interface DrivenWorker {
  worker: Worker;
  busy: boolean;
  failures: number;
  /** Not to be asked before. */
  restsUntil: number;
}

/** The connection broke: perhaps it was done, perhaps not. */
export class HungUp extends Error {}

export interface Processes {
  open(): Promise<void>;
  alive(room: SimulatedRoom): Process[];
  /** Calls an endpoint at one of the processes; throws HungUp when that dies or nobody is there. */
  call<E extends Endpoint>(room: SimulatedRoom, endpoint: E, options?: CallOptions<E>): Promise<CallResult<E>>;
  crash(life: Life): Promise<void>;
  /** Makes steps of the workers that were woken. */
  collect(): void;
  /** Makes these workers look for work, each named as `room worker`. */
  poll(names: readonly string[]): void;
}

export interface ProcessesOptions {
  world: World;
  connections: Connections;
  broker: SimulatedBroker;
  definition: (room: SimulatedRoom, owner: Life) => RoomDefinition<Settings>;
  databaseUrl: (room: SimulatedRoom) => string;
  settings: Settings;
  replicas: number;
}

const TWIN_RARITY = 0.1;
const RESTART_MS = [200, 5_000, 40_000];
const FAILED_PASS = { baseMs: 100, capMs: 5_000 };
/**
 * What nobody in this world asks for (reservations, SMS), what tells shop windows of stock, and what looks at the time of day
 * only: to count, to forget, to look at the books.
 */
const LEFT_OUT = new Set([
  'housekeeping',
  'watch',
  'statistics',
  'announcements',
  'reservations',
  'forget-webhooks',
  'expiry',
  'texter',
  'audit',
]);

/** The operator of a simulated shop has a token that is believed. */
export const OPERATOR = 'operator';
export const believing: Verifier = {
  verify: async (token) =>
    token === OPERATOR
      ? { role: 'admin', id: '00000000-0000-7000-8000-000000000001', email: 'operator@example.com', token }
      : reject(common.unauthorized),
};

export function createProcesses(options: ProcessesOptions): Processes {
  const { world, connections, broker, definition, databaseUrl, settings, replicas } = options;
  const running: Process[] = [];

  async function start(room: SimulatedRoom, name: string): Promise<void> {
    const life: Life = { name, alive: true };
    const clock = world.clockOf(life);
    const log = silentLog;
    const db = openDatabase({ service: room, url: databaseUrl(room), clock, log, connect: connections.connect(life) });
    const nobody = createClient(createLocalUpstream(new Map()));
    connections.direct = true;
    const context = { db, clock, log, client: nobody, settings, metrics: createMetrics(room) };
    const opened = await openRoom({ ...context, definition: definition(room, life), broker: broker.seenBy(life) });
    connections.direct = false;
    const door = createDoor({ routes: opened.room.routes, verifier: believing, log });
    const local = new Map([[room as string, { door, health: async () => ({}) }]]);
    const workers = opened.workers
      .filter((worker) => !LEFT_OUT.has(worker.name))
      .map((worker) => ({ worker, busy: false, failures: 0, restsUntil: 0 }));
    const client = createClient(createLocalUpstream(local));
    running.push(Object.assign(life, { room, db, client, workers, hangUps: new Set<() => void>() }));
  }

  const alive = (room: SimulatedRoom) => running.filter((process) => process.room === room);

  function turn(process: Process, driven: DrivenWorker): void {
    driven.busy = true;
    // Its poll comes at the same moment.
    if (world.fault(TWIN_RARITY, `${driven.worker.name} of every ${process.room} looks`) === 0) {
      poll([`${process.room} ${driven.worker.name}`]);
    }
    world.after(0, {
      owner: process,
      what: driven.worker.name,
      take: () => () =>
        void driven.worker.turn().then(
          (more) => {
            driven.busy = false;
            driven.failures = 0;
            if (more) driven.worker.wake();
          },
          (error) => {
            driven.busy = false;
            driven.failures += 1;
            driven.restsUntil = world.now() + backoff(driven.failures, FAILED_PASS);
            driven.worker.wake();
            world.note(`${process.name}: ${driven.worker.name} failed: ${(error as Error).message}`);
          },
        ),
    });
  }

  function poll(names: readonly string[]): void {
    for (const { room, workers } of running) {
      for (const { worker } of workers) if (names.includes(`${room} ${worker.name}`)) worker.wake();
    }
  }

  async function crash(life: Life): Promise<void> {
    const at = (running as Life[]).indexOf(life);
    if (at < 0) return;
    const [process] = running.splice(at, 1) as [Process];
    process.alive = false;
    await connections.drop(process);
    broker.requeue(process);
    for (const hangUp of process.hangUps) hangUp();
    const { room, name } = process;
    world.after(RESTART_MS[world.choices.pick(RESTART_MS.length, 0.6)] as number, {
      owner: undefined,
      what: `${name} starts again`,
      take: async () => {
        await start(room, name);
        return undefined;
      },
    });
  }

  return {
    alive,
    crash,
    async open() {
      for (const room of ROOMS) for (let i = 1; i <= replicas; i += 1) await start(room, `${room} ${i}`);
    },
    async call(room, endpoint, callOptions) {
      const there = alive(room);
      if (there.length === 0) throw new HungUp();
      const process = there[world.choices.pick(there.length, 0.5)] as Process;
      return new Promise((resolve, fail) => {
        const hangUp = () => fail(new HungUp());
        process.hangUps.add(hangUp);
        process.client
          .call(endpoint, callOptions)
          .then(resolve, fail)
          .finally(() => process.hangUps.delete(hangUp));
      });
    },
    collect() {
      for (const process of running) {
        for (const driven of process.workers) {
          const due = driven.worker.woken() && !driven.busy && driven.restsUntil <= world.now();
          if (due) turn(process, driven);
        }
      }
    },
    poll,
  };
}
