/**
 * One attempt to order. Its key is kept before anything is sent, so that a double click, a reload, a second tab or a
 * lost answer asks for the same order again instead of another one. It is over when the shop has answered: yes or no.
 */
import { type Checkout, PlaceOrder } from '../../../src/contracts/orders.ts';
import { call } from '../api/client.ts';
import { isAnswer } from '../api/http.ts';
import { newKey } from '../api/key.ts';
import { accountId } from '../api/session.ts';
import { stored, useStored } from '../api/stored.ts';
import { inTurn } from '../api/turns.ts';
import { cart, changeLines } from './cart.ts';
import { type CartLine, linesOf, without } from './cart-rules.ts';

export interface Attempt {
  key: string;
  body: Checkout;
  /** The account it was made with; null for a guest. The shop knows a key only together with its caller. */
  customer: string | null;
  /** When it was first sent, in milliseconds since 1970; what came of it is not known. */
  sentAt: number;
}

/** An order that was placed in this browser; a guest's token opens it. */
export interface OwnOrder {
  id: string;
  token?: string;
  at: string;
}

/** The shop keeps answers for a day. */
const KEPT_MS = 23 * 3_600_000;
/** So soon after, a page that comes back was only loaded again. */
const RELOADED_MS = 60_000;
const MAX_OWN = 5;

const attempts = stored<Attempt | null>('tradewind.attempt', null, (value) => {
  const { key, body, sentAt } = (value ?? {}) as Partial<Attempt>;
  const whole = typeof key === 'string' && Array.isArray(body?.items) && typeof sentAt === 'number';
  return whole ? (value as Attempt) : undefined;
});
const own = stored<readonly OwnOrder[]>('tradewind.orders', [], (value) =>
  Array.isArray(value) ? value.filter((one) => typeof one?.id === 'string' && typeof one?.at === 'string') : undefined,
);

export const useOwnOrders = () => useStored(own);
export const orderPath = ({ id, token }: { id: string; token?: string | undefined }) =>
  `/orders/${id}${token ? `?${new URLSearchParams({ token })}` : ''}`;

/** The attempt whose answer was lost, while the shop remembers it. Somebody else's is none of ours. */
export function lostAttempt(): Attempt | undefined {
  const open = attempts.get();
  if (!open) return undefined;
  const foreign = open.customer !== null && open.customer !== accountId();
  if (!foreign && Date.now() - open.sentAt < KEPT_MS) return open;
  forgetAttempt();
  return undefined;
}

export function forgetAttempt(): void {
  attempts.set(null);
}

/** Sent a moment ago, and the cart is still what was ordered: the page was loaded again, and nothing else. */
export function wasReloaded(attempt: Attempt): boolean {
  return Date.now() - attempt.sentAt < RELOADED_MS && isCartOf(attempt.body);
}

/** What was asked for before is not known to have been done, and now something else is asked for. */
export class InDoubt extends Error {}
/** Another tab has changed the cart since this page showed it. */
export class CartMoved extends Error {}

/**
 * Places the order, or asks again for the same one. Throws the shop's no, which ends the attempt; a Problem without an
 * answer, which does not; InDoubt or CartMoved when nothing was sent.
 */
export function placeOrder(body: Checkout, customer: string | null): Promise<OwnOrder> {
  return inTurn('checkout', async () => {
    const lost = lostAttempt();
    if (lost && JSON.stringify(lost.body) !== JSON.stringify(body)) throw new InDoubt();
    if (!lost && !isCartOf(body)) {
      const [latest] = own.get();
      // Another tab has ordered this very cart while we waited for our turn.
      if (cart.get().lines.length === 0 && latest) return latest;
      throw new CartMoved();
    }
    return send(lost ?? { key: newKey(), body, customer, sentAt: Date.now() });
  });
}

/** What became of the attempt whose answer was lost; it is placed now if it never arrived. */
export function resumeAttempt(): Promise<OwnOrder | undefined> {
  return inTurn('checkout', async () => {
    const lost = lostAttempt();
    return lost && send(lost);
  });
}

async function send(attempt: Attempt): Promise<OwnOrder> {
  attempts.set(attempt);
  try {
    const { body, key, customer } = attempt;
    const { id, created_at, guest_token } = await call(PlaceOrder, { body, key, anonymous: customer === null });
    const placed: OwnOrder = { id, at: created_at, ...(guest_token && { token: guest_token }) };
    own.set([placed, ...own.get().filter((order) => order.id !== id)].slice(0, MAX_OWN));
    changeLines((lines) => without(lines, orderedOf(body)));
    forgetAttempt();
    return placed;
  } catch (error) {
    if (isAnswer(error)) forgetAttempt();
    throw error;
  }
}

const orderedOf = (body: Checkout): CartLine[] => linesOf(body.items);

function isCartOf(body: Checkout): boolean {
  const text = (lines: readonly CartLine[]) =>
    lines
      .map(({ product_id, quantity }) => `${product_id} ${quantity}`)
      .sort()
      .join('\n');
  return text(orderedOf(body)) === text(cart.get().lines);
}
