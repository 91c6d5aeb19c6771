/** One run: a shop in a world of its own, from the first shopper until nothing is left to be done. */
import { readSettings } from '../src/config.ts';
import { ProductCreated } from '../src/contracts/catalog.ts';
import { ReceiveWebhook } from '../src/contracts/payments.ts';
import { SUBSCRIPTIONS } from '../src/contracts/registry.ts';
import { ownChance } from '../src/platform/clock.ts';
import { createDatabases } from '../src/platform/database.ts';
import type { StoredEvent } from '../src/platform/message.ts';
import { storedEvent } from '../src/platform/message.ts';
import { inventory } from '../src/services/inventory/service.ts';
import { createNotifications } from '../src/services/notifications/service.ts';
import { orders } from '../src/services/orders/service.ts';
import { createPayments } from '../src/services/payments/service.ts';
import { createSimulatedBroker } from './broker.ts';
import type { Choices } from './choices.ts';
import { generator } from './choices.ts';
import type { Tamper } from './connections.ts';
import { createConnections } from './connections.ts';
import type { ProcessorOptions } from './outside.ts';
import { createMailServer, createProcessor } from './outside.ts';
import type { SimulatedRoom } from './processes.ts';
import { createProcesses, ROOMS } from './processes.ts';
import { sendShoppers } from './shoppers.ts';
import { createJudge } from './verdict.ts';
import type { Driver, Life } from './world.ts';
import { createWorld, settle } from './world.ts';
import type { Xrays, XraysOptions } from './xray.ts';
import { createXrays } from './xray.ts';

export interface RunOptions {
  /** A server on which databases may be made: postgresql://… */
  server: string;
  /** Begins the names of its databases; a run at a time for each. */
  name: string;
  choices: Choices;
  /** Of ids and back-offs, which are no choices. */
  seed: number;
  orders: number;
  /** Hears of every step, as a line. */
  onNote?: (line: string) => void;
  /** Hears now and then how far it is: orders whose shoppers have left. */
  onProgress?: (done: number) => void;
  /** Statements changed, a processor that forgets, orders explained wrongly: a shop that is broken on purpose. */
  broken?: {
    tamper?: Tamper;
    processor?: ProcessorOptions['broken'];
    words?: XraysOptions['words'];
    /** Relays that take out of the outbox what they are about to publish. */
    removesFirst?: true;
  };
}

export interface Outcome {
  /** SHA-256 of everything that happened, in order. */
  hash: string;
  /** What is wrong; none when all is well. */
  faults: string[];
  steps: number;
  /** Virtual seconds from the first shopper to the last word. */
  seconds: number;
  /** Status → orders. */
  ended: Record<string, number>;
  misfortunes: number;
  choices: readonly number[];
  /** It may still be doing something: it never ended, or threw where nobody waited for it. */
  abandoned?: boolean;
}

const PRODUCTS = 6;
/** Of what shoppers want, how much there is: some must go without. */
const STOCK = 0.9;
/** Between two shoppers. */
const EVERY_MS = [4, 15, 120];
const REPLICAS = 2;
/** A crowd comes all at once. */
const MANY = 200;
/** Looked at all along: after so many steps, and whenever so much time has gone by. */
const CHECK_STEPS = 200;
const CHECK_MS = 60_000;
/** So long after the last shopper has come may the last one wait for an answer, and after the last fault all the rest. */
const PATIENCE_MS = 2 * 3_600_000;
const POLL_MS = 1_000;
/** Who takes more steps runs in a circle. */
const MOST_STEPS = 20_000;
const MOST_STEPS_AN_ORDER = 500;
const UNREST = 'everything comes to rest: it has not';
const UNANSWERED = 'every shopper is answered: some still ask';

const settings = readSettings({
  env: {
    SMTP_URL: 'smtp://simulated',
    STOCK_DEADLINE_SECONDS: '120',
    PAYMENT_DEADLINE_SECONDS: '180',
    SHOP_URL: 'http://shop',
  },
  dotenv: '',
  flags: [],
});

/** When each worker has something to do, by the tables. */
const DUE: Record<SimulatedRoom, string> = {
  orders: `'deadlines', (select min(deadline_at) from orders)`,
  inventory: '',
  payments: `'charges', (select min(next_attempt_at) from payments), 'refunds', (select min(next_attempt_at) from refunds),
    'webhooks', (select min(next_attempt_at) from webhook_events)`,
  notifications: `'mailer', (select min(next_attempt_at) from notifications where status = 'queued')`,
};
const MESSAGES_DUE = `'outbox', (select min(available_at) from outbox), 'inbox', (select min(available_at) from inbox)`;

export async function run(options: RunOptions): Promise<Outcome> {
  const { server, name, choices, seed, broken = {} } = options;
  const random = generator(seed ^ 0x5eed);
  const world = createWorld(choices, random, options.onNote);
  const databaseUrl = (room: SimulatedRoom) => Object.assign(new URL(server), { pathname: `/${name}_${room}` }).href;
  ownChance({
    now: world.now,
    random,
    fill: (bytes) => {
      for (let i = 0; i < bytes.length; i += 1) bytes[i] = Math.floor(random() * 256);
    },
  });
  const connections = createConnections(world, broken.tamper);
  let xrays: Xrays | undefined;
  try {
    return await play();
  } finally {
    ownChance();
    await xrays?.close();
    await connections.close();
  }

  async function play(): Promise<Outcome> {
    await createDatabases(
      server,
      ROOMS.map((room) => `${name}_${room}`),
    );
    await empty();
    /** `room worker` → when it has something to do, and when it last looked for it by itself. */
    const due = new Map<string, number>();
    const looked = new Map<string, number>();
    const topology = Object.fromEntries(ROOMS.map((room) => [room, SUBSCRIPTIONS[room].map((event) => event.name)]));
    const broker = createSimulatedBroker(world, topology, broken.removesFirst && remove);
    const processor = createProcessor(world, {
      tell: async (event) => {
        const reply = await processes.call('payments', ReceiveWebhook, {
          params: { provider: 'simulated' },
          body: event as never,
        });
        if (!reply.ok) throw new Error(`a webhook was answered with ${reply.status}`);
      },
      ...(broken.processor && { broken: broken.processor }),
    });
    const mailServer = createMailServer(world);
    const definition = (room: SimulatedRoom, owner: Life) =>
      ({
        orders: () => orders,
        inventory: () => inventory,
        payments: () => createPayments(() => processor.seenBy(owner)),
        notifications: () => createNotifications(() => mailServer.seenBy(owner)),
      })[room]();
    const processes = createProcesses({
      world,
      connections,
      broker,
      settings,
      databaseUrl,
      replicas: REPLICAS,
      definition,
    });
    await processes.open();
    await still();
    const products = stockUp();
    await world.run(driver(true), () => false);
    world.faulty = true;
    const pace = EVERY_MS[choices.pick(EVERY_MS.length, options.orders > MANY ? 1 : 0.4)] as number;
    const crowd = sendShoppers(world, processes, products, options.orders, pace);
    const looker: Life = { name: 'looker', alive: true };
    xrays = createXrays({
      databaseUrl,
      settings,
      definition: (room) => definition(room, looker),
      clock: world.clockOf(looker),
      ...(broken.words && { words: broken.words }),
    });
    const began = world.now();
    let faults: string[] = [];
    let calmSince = 0;
    const judge = createJudge({
      world,
      connections,
      databaseUrl,
      processor,
      mailServer,
      crowd,
      xrays,
      calmSince: () => calmSince,
    });
    let next = { steps: 0, time: 0 };

    const done = () => {
      if (world.faulty && crowd.done() === options.orders) {
        world.faulty = false;
        calmSince = world.now();
      }
      const since = calmSince || began + options.orders * pace;
      const endless = world.steps > MOST_STEPS + options.orders * MOST_STEPS_AN_ORDER;
      if (endless || world.now() > since + PATIENCE_MS) faults.push(calmSince > 0 ? UNREST : UNANSWERED);
      return faults.length > 0;
    };
    await world.run(
      {
        ...driver(false),
        async taken() {
          const released = await connections.release();
          options.onProgress?.(crowd.done());
          if (world.steps < next.steps && world.now() < next.time) return released;
          next = { steps: world.steps + CHECK_STEPS, time: world.now() + CHECK_MS };
          faults = await judge.always();
          return released;
        },
      },
      done,
    );
    if (faults.length === 0) faults = await judge.atRest();
    const ended = await connections.look<{ status: string; count: number }>(
      databaseUrl('orders'),
      'select status, count(*)::int as count from orders group by 1 order by 1',
    );
    return {
      hash: world.hash(),
      faults,
      steps: world.steps,
      seconds: (world.now() - began) / 1000,
      ended: Object.fromEntries(ended.map(({ status, count }) => [status, count])),
      misfortunes: world.misfortunes,
      choices: [...choices.taken],
    };

    function driver(quietly: boolean): Driver {
      let lookAt = Number.POSITIVE_INFINITY;
      return {
        collect: processes.collect,
        crash: processes.crash,
        taken: connections.release,
        async idle() {
          if (await connections.timeOut()) return settle();
          const next = await nextDue();
          const at = next && next.at + (quietly ? 0 : Math.floor(POLL_MS * random()));
          // Somebody looks before that anyway.
          if (!next || at === undefined || at >= lookAt) return;
          lookAt = at;
          world.after(at - world.now(), {
            owner: undefined,
            what: `look for work: ${next.workers.join(', ')}`,
            take: () => () => {
              if (lookAt === at) lookAt = Number.POSITIVE_INFINITY;
              for (const worker of next.workers) looked.set(worker, world.now());
              processes.poll(next.workers);
            },
          });
        },
      };
    }

    /** When something is due next, and for which workers, as `room worker`. Their polls would find it, a little later. */
    async function nextDue(): Promise<{ at: number; workers: string[] } | undefined> {
      await Promise.all(ROOMS.filter((room) => connections.changed(databaseUrl(room))).map(lookForDue));
      if (due.size === 0) return undefined;
      const looks = [...due].map(([worker, time]) => ({
        worker,
        // What it did not take when it looked (it is another's, for a while) it looks for again after its poll.
        time: Math.max(time, (looked.get(worker) ?? 0) + POLL_MS),
      }));
      const at = Math.max(Math.min(...looks.map(({ time }) => time)), world.now());
      const workers = looks.flatMap(({ worker, time }) => (time <= at ? [worker] : []));
      return { at, workers: workers.sort() };
    }

    async function lookForDue(room: SimulatedRoom): Promise<void> {
      const all = [DUE[room], MESSAGES_DUE].filter(Boolean).join(', ');
      const [row] = await connections.look<{ due: Record<string, string | null> }>(
        databaseUrl(room),
        `select json_build_object(${all}) as due`,
      );
      for (const [worker, at] of Object.entries(row?.due ?? {})) {
        if (at === null) due.delete(`${room} ${worker}`);
        // -infinity: at once.
        else due.set(`${room} ${worker}`, at === '-infinity' ? 0 : Date.parse(at));
      }
    }

    /** What the catalogue said before the first shopper came. */
    function stockUp(): string[] {
      const stock = Math.ceil((options.orders * 2 * STOCK) / PRODUCTS) + 2;
      const products = Array.from({ length: PRODUCTS }, (_, i) => `P${i + 1}`);
      for (const product_id of products) {
        const data = {
          product_id,
          name: `Product ${product_id}`,
          description: '',
          category: '',
          price: '10.00',
          currency: 'EUR',
          stock,
          version: 1,
        };
        const message = storedEvent('catalog', ProductCreated, data as never, new Date(world.now()));
        void broker.seenBy({ name: 'catalog', alive: true }).publish([message]);
      }
      return products;
    }
  }

  async function remove(events: readonly StoredEvent[]): Promise<void> {
    const room = ROOMS.find((one) => one === events[0]?.source);
    if (!room) return;
    // Those of a sweep are locked until it has published them.
    const free = 'select id from outbox where id = any($1::uuid[]) for update skip locked';
    await connections.look(databaseUrl(room), `delete from outbox where id in (${free})`, [events.map(({ id }) => id)]);
  }

  /** Nothing in a database acts by a clock of its own. */
  async function still(): Promise<void> {
    for (const room of ROOMS) {
      await connections.look(
        databaseUrl(room),
        `do $$ declare one text; begin
           for one in select oid::regclass from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
             and not coalesce(reloptions, '{}') @> '{autovacuum_enabled=false}' loop
             execute 'alter table ' || one || ' set (autovacuum_enabled = false)';
           end loop;
         end $$`,
      );
    }
  }

  /** As after the migrations: a run must not see what another has left. */
  async function empty(): Promise<void> {
    for (const room of ROOMS) {
      await connections.look(
        databaseUrl(room),
        `do $$ declare one text; used boolean; begin
           for one in select quote_ident(tablename) from pg_tables where schemaname = 'public'
             and tablename not in ('migrations', 'statistics_marks') loop
             execute 'select exists (select from ' || one || ')' into used;
             if used then execute 'truncate ' || one || ' cascade'; end if;
           end loop;
           if to_regclass('order_numbers') is not null then alter sequence order_numbers restart; end if;
         end $$`,
      );
    }
  }
}
