/**
 * People. Each places one order under a key of their own and repeats it until it is answered, as a browser does; some
 * press twice, some cancel, some get their goods, some get part of their money back. What they were told is what the
 * shop is held to.
 */
import { toMinor } from '../src/contracts/money.ts';
import * as orders from '../src/contracts/orders.ts';
import * as payments from '../src/contracts/payments.ts';
import type { CallOptions, CallResult } from '../src/platform/client.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import type { Processes, SimulatedRoom } from './processes.ts';
import { OPERATOR } from './processes.ts';
import type { World } from './world.ts';

export interface Shopper {
  key: string;
  /** What they ask for, once they have come. */
  items: readonly { product_id: string; quantity: number }[];
  /** Every order the shop said was theirs. */
  told: Set<string>;
  /** Said no for good. */
  refused: boolean;
  /** What was promised about their order later. */
  promised: { id: string; cancelled?: true; shipped?: true; refunded?: number } | undefined;
  done: boolean;
}

type Promised = NonNullable<Shopper['promised']>;

export interface Crowd {
  readonly shoppers: readonly Shopper[];
  /** How many have left for good. */
  done(): number;
}

const PATIENCE_MS = 800;
const LOST_RARITY = 0.02;
const LATER_MS = [2_000, 0, 50, 300, 30_000, 150_000];
const QUANTITIES = [1, 2, 5];

export function sendShoppers(
  world: World,
  processes: Processes,
  products: readonly string[],
  count: number,
  everyMs: number,
): Crowd {
  const shoppers: Shopper[] = [];
  let done = 0;
  const { choices } = world;

  const wait = (ms: number, what: string) =>
    new Promise<void>((resolve) => {
      world.after(ms, { owner: undefined, what, take: () => resolve });
    });

  /** Until there is an answer that stands. */
  async function insist<E extends Endpoint>(
    who: string,
    room: SimulatedRoom,
    endpoint: E,
    options: CallOptions<E>,
  ): Promise<CallResult<E>> {
    for (;;) {
      await wait(0, `${who}: ${endpoint.name}`);
      const lost = world.fault(LOST_RARITY, 'a request is lost', 'an answer is lost');
      try {
        const result = lost === 0 ? undefined : await processes.call(room, endpoint, options);
        if (result && lost !== 1 && result.status < 500) return result;
      } catch {
        // The line went dead: perhaps it was done.
      }
      await wait(PATIENCE_MS, `${who} waits`);
    }
  }

  function basket() {
    const lines = 1 + choices.pick(3, 0.7);
    return Array.from({ length: lines }, () => ({
      product_id: products[choices.pick(products.length, 0.3)] as string,
      quantity: QUANTITIES[choices.pick(QUANTITIES.length, 0.7)] as number,
    }));
  }

  async function live(shopper: Shopper, name: string): Promise<void> {
    const payment_method = choices.pick(8, 0.85) > 0 ? 'pm_declined' : 'pm_success';
    shopper.items = basket();
    const body = { email: `${name}@example.com`, items: [...shopper.items], payment_method };
    const place = () => insist(name, 'orders', orders.PlaceOrder, { body, idempotencyKey: shopper.key });
    const twice = choices.pick(5, 0.8) > 0;
    const replies = await Promise.all(twice ? [place(), place()] : [place()]);
    for (const reply of replies) if (reply.ok) shopper.told.add(reply.body.id);
    const [reply] = replies;
    if (!reply?.ok) {
      shopper.refused = true;
      return;
    }
    const { id, guest_token: token } = reply.body;
    shopper.promised = { id };
    const wish = choices.pick(4, 0.4);
    if (wish === 0) return;
    await wait(LATER_MS[choices.pick(LATER_MS.length, 0.4)] as number, `${name} comes back`);
    if (wish === 1) {
      const query = token ? { token } : {};
      const { ok } = await insist(name, 'orders', orders.CancelOrder, { params: { id }, query, body: {} });
      if (ok) shopper.promised.cancelled = true;
    } else if (wish === 2) await ship(shopper.promised, name);
    else await giveBack(shopper.promised, name);
  }

  async function ship(promised: Promised, name: string): Promise<void> {
    for (const status of ['shipped', 'delivered'] as const) {
      const change = { params: { id: promised.id }, body: { status }, token: OPERATOR };
      const { ok } = await insist(name, 'orders', orders.ChangeStatus, change);
      if (ok) promised.shipped = true;
    }
  }

  async function giveBack(promised: Promised, name: string): Promise<void> {
    const { id } = promised;
    const found = await insist(name, 'payments', payments.ListPayments, { query: { order_id: id }, token: OPERATOR });
    const payment = found.ok ? found.body.items[0] : undefined;
    if (!payment) return;
    const amount = choices.pick(2, 0.5) === 0 ? { amount: '1.00' } : {};
    const reply = await insist(name, 'payments', payments.RefundPayment, {
      params: { id: payment.id },
      body: amount,
      token: OPERATOR,
      idempotencyKey: `refund ${name}`,
    });
    if (reply.ok) promised.refunded = toMinor(reply.body.amount, reply.body.currency) as number;
  }

  for (let i = 1; i <= count; i += 1) {
    const name = `shopper ${i}`;
    const shopper: Shopper = {
      ...{ key: `key-${i}`, items: [], told: new Set(), refused: false, promised: undefined },
      done: false,
    };
    shoppers.push(shopper);
    const begin = async () => {
      await live(shopper, `shopper-${i}`);
      shopper.done = true;
      done += 1;
    };
    world.after(1 + (i - 1) * everyMs, { owner: undefined, what: `${name} arrives`, take: () => () => void begin() });
  }
  return { shoppers, done: () => done };
}
