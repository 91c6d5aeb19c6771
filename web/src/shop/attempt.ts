/**
 * One attempt to order. Its key is kept before anything is sent, so that a double click, a reload, a second tab or a
 * lost answer asks for the same order again instead of another one. It is over when the shop has answered: yes or no.
 */
import { type Checkout, PlaceOrder } from '../../../src/contracts/orders.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { stored, useStored } from '../api/stored.ts';
import { inTurn } from '../api/turns.ts';
import { cart, emptyCart } from './cart.ts';

export interface Attempt {
  key: string;
  body: Checkout;
  /** The account it was made with; null for a guest. The shop knows a key only together with its caller. */
  customer: string | null;
  /** When it was first sent, in milliseconds since 1970; what came of it is not known. */
  sentAt?: number;
}

/** An order that was placed in this browser; a guest's token opens it. */
export interface OwnOrder {
  id: string;
  number: number;
  token?: string;
  at: string;
}

/** The shop keeps answers for a day. */
const KEPT_MS = 23 * 3_600_000;
const MAX_OWN = 20;

const attempts = stored<Attempt | null>(
  'tradewind.attempt',
  null,
  (value) => typeof (value as Attempt | null)?.key === 'string' && typeof (value as Attempt).body === 'object',
);
const own = stored<readonly OwnOrder[]>('tradewind.orders', [], Array.isArray);

export const useOwnOrders = () => useStored(own);
export const orderPath = ({ id, token }: { id: string; token?: string | undefined }) =>
  `/orders/${id}${token ? `?${new URLSearchParams({ token })}` : ''}`;

/** The attempt whose answer was lost, if there is one and the shop still remembers. */
export function lostAttempt(): Attempt | undefined {
  const open = attempts.get();
  if (open?.sentAt === undefined) return undefined;
  if (Date.now() - open.sentAt < KEPT_MS) return open;
  attempts.set(null);
  return undefined;
}

/**
 * Places the order, or asks again for the one whose answer was lost. Throws the shop's no, which ends the attempt, or a
 * Problem without an answer, which does not.
 */
export function placeOrder(body: Checkout, customer: string | null): Promise<OwnOrder> {
  return inTurn('checkout', async () => {
    const lost = lostAttempt();
    const latest = own.get()[0];
    // Another tab has ordered this cart while we waited for our turn.
    if (!lost && cart.get().lines.length === 0 && latest) return latest;
    return send(lost ?? { key: newKey(), body, customer });
  });
}

/** After a reload: what became of the attempt that was on its way. */
export function resumeAttempt(): Promise<OwnOrder | undefined> {
  return inTurn('checkout', async () => {
    const lost = lostAttempt();
    return lost && send(lost);
  });
}

async function send(attempt: Attempt): Promise<OwnOrder> {
  attempts.set({ sentAt: Date.now(), ...attempt });
  try {
    const { body, key, customer } = attempt;
    const order = await call(PlaceOrder, { body, key, anonymous: customer === null });
    const placed: OwnOrder = {
      id: order.id,
      number: order.number,
      at: order.created_at,
      ...(order.guest_token && { token: order.guest_token }),
    };
    own.set([placed, ...own.get().filter(({ id }) => id !== placed.id)].slice(0, MAX_OWN));
    emptyCart();
    attempts.set(null);
    return placed;
  } catch (error) {
    if (isAnswer(error)) attempts.set(null);
    throw error;
  }
}

/** A no for good. What is none: no answer, the shop is away or busy, or the session has ended on the way. */
function isAnswer(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && ![401, 429].includes(error.status);
}

// randomUUID is missing on plain HTTP away from localhost.
function newKey(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
