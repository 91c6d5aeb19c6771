/** Whether a shop has kept its promise: within each room, across the rooms, and beside the books of those outside. */
import { auditOrders, auditRooms, orderFacts } from '../src/audit/shop.ts';
import type { Violation } from '../src/platform/audit.ts';
import type { Statement } from '../src/platform/database.ts';
import type { Connections } from './connections.ts';
import type { MailServer, Processor } from './outside.ts';
import type { SimulatedRoom } from './processes.ts';
import { ROOMS } from './processes.ts';
import type { Crowd } from './shoppers.ts';
import type { World } from './world.ts';
import type { Truth, Xrays } from './xray.ts';

export interface Judge {
  /** What is wrong already, whatever else may come. */
  always(): Promise<string[]>;
  /** What is wrong when nothing more will come. */
  atRest(): Promise<string[]>;
}

export interface Evidence {
  world: World;
  connections: Connections;
  databaseUrl: (room: SimulatedRoom) => string;
  processor: Processor;
  mailServer: MailServer;
  crowd: Crowd;
  xrays: Xrays;
  /** When the faults stopped; 0 before that. */
  calmSince: () => number;
}

type Query = <Row>(text: string, values?: unknown[]) => Promise<Row[]>;

/** X-rays cost more than statements: every so many looks, of one in so many orders, and no more than that. */
const XRAY_LOOKS = 10;
const XRAY_SHARE = 20;
const XRAYS = 25;
/** So long may the last process that died be gone when the faults stop, and a bit. */
const RECOVERY_MS = 60_000;

export function createJudge(evidence: Evidence): Judge {
  const { world, connections, databaseUrl, processor, mailServer, crowd, xrays, calmSince } = evidence;
  let [looks, xrayed] = [0, 0];
  const room =
    (name: SimulatedRoom): Query =>
    (text, values) =>
      connections.look(databaseUrl(name), text, values);
  const books = (name: string) => ({
    query: <Row>(statement: Statement, values?: unknown[]) =>
      connections.look<Row>(databaseUrl(name as SimulatedRoom), statement, values),
  });
  const words = ({ rule, subject, detail }: Violation) => `${rule}: ${subject}: ${detail}`;

  async function always(): Promise<string[]> {
    // A deadline is kept by a shop that runs: where each process dies within a blink of its start, for a minute, it is not.
    const runs = calmSince() > 0 && world.now() > calmSince() + RECOVERY_MS;
    const found = await auditRooms(books, { now: new Date(runs ? world.now() : 0), since: new Date(0) });
    return [...chargedTwice(), ...orderedTwice(), ...found.map(words)];
  }

  /** In turn, as the order of the world has nothing to do with it. */
  async function onTheWay(): Promise<string[]> {
    looks += 1;
    if (looks % XRAY_LOOKS !== 0) return [];
    const known = crowd.shoppers.flatMap(({ told }) => [...told]);
    const count = Math.min(XRAYS, Math.ceil(known.length / XRAY_SHARE));
    const ids = Array.from({ length: count }, () => known[xrayed++ % known.length] as string);
    return xrays.onTheWay(await truthOf(ids));
  }

  function chargedTwice(): string[] {
    const seen = new Set<string>();
    const faults: string[] = [];
    for (const { order_id, outcome } of processor.charges.values()) {
      if (outcome !== 'succeeded') continue;
      if (seen.has(order_id)) faults.push(`the card is charged at most once: ${order_id}: charged again`);
      seen.add(order_id);
    }
    return faults;
  }

  function orderedTwice(): string[] {
    return crowd.shoppers
      .filter(({ told }) => told.size > 1)
      .map(({ key, told }) => `a key makes at most one order: ${key}: ${[...told].join(', ')}`);
  }

  async function atRest(): Promise<string[]> {
    return [
      ...(await always()),
      ...(await leftOver()),
      ...(await strangers()),
      ...refused(),
      ...(await brokenPromises()),
      ...(await auditOrders(books)).map(words),
      ...(await besideTheProcessor()),
      ...(await mails()),
      ...(await explained()),
    ];
  }

  /** Nothing is on its way any more, and nothing has died. */
  async function leftOver(): Promise<string[]> {
    const faults: string[] = [];
    for (const name of ROOMS) {
      const rows = await room(name)<{ id: string; what: string }>(`
        select id, 'in the outbox: ' || type as what from outbox union all select id, 'in the inbox: ' || type from inbox
        union all select id, 'dead: ' || type || ': ' || cause from dead_letters where status = 'dead'`);
      faults.push(...rows.map(({ id, what }) => `nothing is lost, waiting or dead: ${name}: ${id} ${what}`));
    }
    const waiting = await room('orders')<{ id: string; status: string }>(
      `select id, status from orders where status in ('pending', 'awaiting_payment')`,
    );
    return [...faults, ...waiting.map(({ id, status }) => `every order ends: ${id} is ${status}`)];
  }

  /** Orders that nobody knows of, and known ones that are not there. */
  async function strangers(): Promise<string[]> {
    const told = new Set(crowd.shoppers.flatMap((shopper) => [...shopper.told]));
    const there = new Set((await room('orders')<{ id: string }>('select id from orders')).map(({ id }) => id));
    const lost = [...told].filter((id) => !there.has(id)).map((id) => `an accepted order is there: ${id} is not`);
    return [
      ...lost,
      ...[...there].filter((id) => !told.has(id)).map((id) => `an order is somebody's: nobody knows of ${id}`),
    ];
  }

  /** Whatever they want is for sale: nobody is turned away. */
  function refused(): string[] {
    return crowd.shoppers.filter((shopper) => shopper.refused).map(({ key }) => `everybody may order: ${key} may not`);
  }

  /** What they were told after their order was taken. */
  async function brokenPromises(): Promise<string[]> {
    const rows = await room('orders')<{ id: string; status: string }>('select id, status from orders');
    const statuses = new Map(rows.map(({ id, status }) => [id, status]));
    const money = booked();
    return crowd.shoppers.flatMap(({ promised }) => {
      if (!promised) return [];
      const { id, cancelled, shipped, refunded = 0 } = promised;
      const status = statuses.get(id) ?? 'gone';
      const back = money.get(id)?.back ?? 0;
      return [
        ...(cancelled && status !== 'cancelled' ? [`what is cancelled stays so: ${id} is ${status}`] : []),
        ...(shipped && !['shipped', 'delivered'].includes(status)
          ? [`what has left has left: ${id} is ${status}`]
          : []),
        ...(back < refunded ? [`what was promised back goes back: ${id}: ${back} of ${refunded}`] : []),
      ];
    });
  }

  /** What the processor has taken for each order, and given back. */
  function booked(): Map<string, { taken: number; back: number }> {
    const charges = new Map<string, { taken: number; back: number }>();
    const given = new Map<string, number>();
    for (const { charge_key, amount } of processor.refunds.values()) {
      given.set(charge_key, (given.get(charge_key) ?? 0) + amount);
    }
    for (const [key, { order_id, outcome, amount }] of processor.charges) {
      if (outcome !== 'succeeded') continue;
      const sum = charges.get(order_id) ?? { taken: 0, back: 0 };
      charges.set(order_id, { taken: sum.taken + amount, back: sum.back + (given.get(key) ?? 0) });
    }
    return charges;
  }

  async function besideTheProcessor(): Promise<string[]> {
    const faults: string[] = [];
    const charges = booked();
    for await (const page of orderFacts(books)) {
      for (const { id, payment } of page) {
        const { taken, back } = charges.get(id) ?? { taken: 0, back: 0 };
        const ours = payment?.status === 'succeeded' ? payment : { amount: 0, returned: 0 };
        if (taken === ours.amount && back === ours.returned) continue;
        const said = `it took ${taken} and gave back ${back}, we say ${ours.amount} and ${ours.returned}`;
        faults.push(`our books are the processor's: ${id}: ${said}`);
      }
    }
    return faults;
  }

  async function mails(): Promise<string[]> {
    const rows = await room('notifications')<{ message_id: string; status: string }>(
      'select message_id, status from notifications',
    );
    const written = new Set(rows.map(({ message_id }) => message_id));
    const unsent = rows.filter(({ message_id, status }) => status !== 'sent' || !mailServer.taken.has(message_id));
    const strange = [...mailServer.taken].filter((id) => !written.has(id));
    return [
      ...unsent.map(({ message_id, status }) => `every mail arrives: ${message_id} is ${status}`),
      ...mailServer.needless.map(
        (id) => `a mail is sent once: ${id} went again, and its sender knew that it had arrived`,
      ),
      ...strange.map((id) => `a mail is one of ours: ${id} is not`),
    ];
  }

  async function explained(): Promise<string[]> {
    return xrays.atRest(await truthOf(crowd.shoppers.flatMap(({ told }) => [...told])));
  }

  async function truthOf(ids: readonly string[]): Promise<Map<string, Truth>> {
    const money = booked();
    const orders = await room('orders')<Pick<Truth, 'status'> & { id: string }>(
      'select id, status from orders where id = any($1)',
      [ids],
    );
    const ledger = await room('inventory')<{ order_id: string; product_id: string; held: number; left: number }>(
      `select order_id, product_id, sum(reserved_delta)::int as held, -sum(on_hand_delta)::int as left from movements
       where order_id = any($1) group by 1, 2`,
      [ids],
    );
    const mails = await room('notifications')<{ order_id: string; kind: string; message_id: string }>(
      'select order_id, kind, message_id from notifications where order_id = any($1)',
      [ids],
    );
    const wanted = new Map(crowd.shoppers.flatMap(({ told, items }) => [...told].map((id) => [id, items])));
    const linesOf = (id: string, of: 'held' | 'left') =>
      ledger
        .filter(({ order_id }) => order_id === id)
        .map((line) => ({ product_id: line.product_id, quantity: line[of] }));
    const toldOf = new Map<string, string[]>();
    for (const { order_id, kind, message_id } of mails) {
      if (mailServer.taken.has(message_id)) toldOf.set(order_id, [...(toldOf.get(order_id) ?? []), kind]);
    }
    return new Map(
      orders.map(({ id, status }) => {
        const goods = { ordered: wanted.get(id) ?? [], held: linesOf(id, 'held'), left: linesOf(id, 'left') };
        return [id, { status, ...(money.get(id) ?? { taken: 0, back: 0 }), ...goods, told: toldOf.get(id) ?? [] }];
      }),
    );
  }

  return { always: async () => [...(await always()), ...(await onTheWay())], atRest };
}
