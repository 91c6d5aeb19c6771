/**
 * An account's cart follows it to every device. On login the browser's cart is merged into it; from then on each change
 * is put there, at the version it was read at; when another device was faster, both are merged and put again.
 */
import { useEffect } from 'react';
import { type Cart as AccountCart, GetCart, PutCart } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { useAccountId } from '../api/session.ts';
import { inTurn } from '../api/turns.ts';
import { cart } from './cart.ts';
import { type CartLine, merged } from './cart-rules.ts';

const PAUSE_MS = 400;
const AGAIN_MS = 10_000;

export function useCartSync(): void {
  const account = useAccountId();
  useEffect(() => {
    if (account !== null) return follow(account);
    // Who signs out leaves the cart with the account.
    if (cart.get().owner !== undefined) cart.set({ lines: [] });
    return undefined;
  }, [account]);
}

let settle = async () => {};

/** Before signing out: what was changed a moment ago goes to the account, too. */
export function settleCart(): Promise<void> {
  return settle();
}

/** Until it is told to stop. */
function follow(customer: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const sync = () =>
    inTurn('cart', async () => {
      try {
        if (cart.get().owner !== customer) await adopt();
        if (isChanged()) await put();
      } catch (error) {
        // The cart is safe in this browser; the account's will be told later.
        if (!(error instanceof Problem) || error.status === 0 || error.status >= 429) schedule(AGAIN_MS);
      }
    });

  /** Whoever was here before: a guest's things come along, another account's do not. */
  async function adopt(): Promise<void> {
    const theirs = await call(GetCart, { params: { id: customer } });
    const { lines, owner } = cart.get();
    take(theirs, owner === undefined ? merged(lines, theirs.items) : theirs.items);
  }

  async function put(): Promise<void> {
    const { lines, account } = cart.get();
    const items = lines.map(({ product_id, quantity }) => ({ product_id, quantity }));
    try {
      const body = { items, version: account?.version ?? 0 };
      const theirs = await call(PutCart, { params: { id: customer }, body });
      take(theirs, cart.get().lines);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'cart-changed') throw error;
      const theirs = error.extra.cart as AccountCart;
      take(theirs, merged(cart.get().lines, theirs.items));
      schedule(0);
    }
  }

  /** Another device may have changed it since. */
  const look = () =>
    inTurn('cart', async () => {
      if (document.visibilityState !== 'visible' || cart.get().owner !== customer || isChanged()) return;
      const theirs = await call(GetCart, { params: { id: customer } }).catch(() => undefined);
      const { lines, account } = cart.get();
      if (!theirs || isChanged() || theirs.version <= (account?.version ?? 0)) return;
      const known = new Map(lines.map((line) => [line.product_id, line]));
      take(
        theirs,
        theirs.items.map((item) => ({ ...known.get(item.product_id), ...item })),
      );
    });

  function take({ version, items }: AccountCart, lines: readonly CartLine[]): void {
    if (!stopped) cart.set({ lines, owner: customer, account: { version, items } });
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void sync(), ms);
  }

  settle = sync;
  const unsubscribe = cart.subscribe(() => isChanged() && schedule(PAUSE_MS));
  document.addEventListener('visibilitychange', look);
  void sync().then(look);
  return () => {
    stopped = true;
    settle = async () => {};
    clearTimeout(timer);
    unsubscribe();
    document.removeEventListener('visibilitychange', look);
  };
}

function isChanged(): boolean {
  const { lines, account } = cart.get();
  return textOf(lines) !== textOf(account?.items ?? []);
}

const textOf = (lines: readonly CartLine[]) => lines.map((line) => `${line.product_id} ${line.quantity}`).join('\n');
