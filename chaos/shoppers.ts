/**
 * People at a steady rate, whatever the shop does meanwhile. Each places one order under a key of their own and repeats
 * it until it is answered; some press twice, some cancel. What they were told is what the shop is held to.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { generator } from '../simulator/choices.ts';

export interface Shopper {
  readonly email: string;
  readonly product: string;
  readonly quantity: number;
  /** Every order that the shop said was theirs. */
  readonly told: Set<string>;
  /** Why the shop said no, for good. */
  refused?: string;
  cancelled: boolean;
}

export interface Crowd {
  readonly shoppers: readonly Shopper[];
  /** When a checkout was answered with an order; milliseconds of `performance.now()`. */
  readonly answeredAt: readonly number[];
  /** No more come; resolves when all have left, false when some are still waiting at the end of their patience. */
  leave(patienceMs: number): Promise<boolean>;
}

export interface Goods {
  scarce: boolean;
  product_id: string;
  stock: number;
}

const ANSWER_MS = 3_000;
const AGAIN_MS = 250;
const DECLINED = 'pm_card_chargeDeclined';
const PAID = 'pm_card_visa';

interface Answer {
  status: number;
  body: { id?: string; guest_token?: string; code?: string; detail?: string };
}

export function sendShoppers(gateways: readonly string[], goods: readonly Goods[], rate: number, seed: number): Crowd {
  const random = generator(seed);
  const shoppers: Shopper[] = [];
  const answeredAt: number[] = [];
  const waiting = new Set<Promise<void>>();
  let coming = true;
  let insisting = true;

  async function ask(url: string, body: object, headers: Record<string, string>): Promise<Answer | undefined> {
    try {
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      return { status: reply.status, body: (await reply.json()) as Answer['body'] };
    } catch {
      return undefined; // The line went dead: perhaps it was done.
    }
  }

  /** At one door after the other, until there is an answer that stands. */
  async function insist(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer | undefined> {
    for (let tries = Math.floor(random() * gateways.length); insisting; tries += 1) {
      const answer = await ask(`${gateways[tries % gateways.length]}${path}`, body, headers);
      if (answer && answer.status < 500) return answer;
      await sleep(AGAIN_MS);
    }
    return undefined;
  }

  async function live(shopper: Shopper): Promise<void> {
    const { email, product, quantity } = shopper;
    const payment_method = random() < 0.1 ? DECLINED : PAID;
    const body = { email, items: [{ product_id: product, quantity }], payment_method };
    const key = { 'idempotency-key': randomUUID() };
    const twice = random() < 0.2;
    const cancelAfter = random() < 0.15 ? random() * 3_000 : undefined;
    const place = () => insist('/api/checkout', body, key);
    for (const answer of await Promise.all(twice ? [place(), place()] : [place()])) {
      if (answer?.status === 201) {
        shopper.told.add(answer.body.id as string);
        answeredAt.push(performance.now());
      } else if (answer) shopper.refused = `${answer.status} ${answer.body.detail ?? answer.body.code ?? ''}`;
      if (cancelAfter === undefined || answer?.status !== 201) continue;
      await sleep(cancelAfter);
      const { id, guest_token } = answer.body;
      const cancelled = await insist(`/api/orders/${id}/cancel?token=${guest_token}`, {});
      shopper.cancelled ||= cancelled?.status === 200;
    }
  }

  async function open(): Promise<void> {
    const began = performance.now();
    for (let n = 1; coming; n += 1) {
      // Half of all want one of a few things that will not last.
      const scarce = random() < 0.5;
      const choice = goods.filter((one) => one.scarce === scarce);
      const { product_id } = choice[Math.floor(random() * choice.length)] as Goods;
      const quantity = 1 + Math.floor(random() * 3);
      const shopper: Shopper = {
        email: `shopper-${n}@example.com`,
        product: product_id,
        quantity,
        told: new Set(),
        cancelled: false,
      };
      shoppers.push(shopper);
      const left: Promise<void> = live(shopper).finally(() => waiting.delete(left));
      waiting.add(left);
      await sleep(Math.max(0, began + (n * 1000) / rate - performance.now()));
    }
  }
  const opened = open();

  return {
    shoppers,
    answeredAt,
    async leave(patienceMs) {
      coming = false;
      await opened;
      const all = Promise.all(waiting).then(() => true);
      const content = await Promise.race([all, sleep(patienceMs, false, { ref: false })]);
      insisting = false;
      await all;
      return content;
    },
  };
}
