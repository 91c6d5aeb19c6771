/**
 * An account's cart follows it to every device. On login the browser's cart is merged into it; from then on each change
 * is put there, at the version it was read at; when another device was faster, both are merged and put again.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type Cart as AccountCart, GetCart, PutCart } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { useSignedIn } from '../api/session.ts';
import { type CartLine, cart, merged } from './cart.ts';
import { useMe } from './reads.ts';

const PAUSE_MS = 400;
const AGAIN_MS = 10_000;

export function useCartSync(): void {
  const { data: me } = useMe();
  const signedIn = useSignedIn();
  const queries = useQueryClient();
  useEffect(() => {
    const { owner } = cart.get();
    // Who signs out leaves the cart with the account.
    if (!signedIn && owner !== undefined) {
      cart.set({ lines: [] });
      queries.removeQueries({ queryKey: ['me'] });
    }
  }, [signedIn, queries]);
  useEffect(() => (me ? follow(me.id) : undefined), [me]);
}

/** Until it is told to stop. */
function follow(customer: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let stopped = false;
  let put = '';

  async function run(): Promise<void> {
    if (running || stopped) return;
    running = true;
    try {
      if (cart.get().owner === customer) await push();
      else await adopt();
    } catch (error) {
      // The cart is safe in this browser; the account's will be told later.
      if (!(error instanceof Problem) || error.status === 0 || error.status >= 429) schedule(AGAIN_MS);
    } finally {
      running = false;
    }
    if (!stopped && put !== '' && put !== textOf(cart.get().lines)) schedule(PAUSE_MS);
  }

  /** Whoever was here before: a guest's things come along, another account's do not. */
  async function adopt(): Promise<void> {
    const account = await call(GetCart, { params: { id: customer } });
    const { lines, owner } = cart.get();
    take(account, owner === undefined ? merged(lines, account.items) : account.items);
    await push();
  }

  async function push(): Promise<void> {
    const { lines, version = 0 } = cart.get();
    const text = textOf(lines);
    if (text === put) return;
    try {
      const items = lines.map(({ product_id, quantity }) => ({ product_id, quantity }));
      const account = await call(PutCart, { params: { id: customer }, body: { items, version } });
      put = text;
      cart.set({ ...cart.get(), version: account.version });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'cart-changed') throw error;
      const account = error.extra.cart as AccountCart;
      take(account, merged(cart.get().lines, account.items));
      schedule(0);
    }
  }

  function take({ version }: AccountCart, lines: readonly CartLine[]): void {
    if (!stopped) cart.set({ lines, owner: customer, version });
  }

  /** Another device may have changed it since. */
  async function look(): Promise<void> {
    if (document.visibilityState !== 'visible' || running || cart.get().owner !== customer) return;
    const account = await call(GetCart, { params: { id: customer } }).catch(() => undefined);
    const { lines, version = 0 } = cart.get();
    if (!account || account.version <= version || textOf(lines) !== put) return;
    const known = new Map(lines.map((line) => [line.product_id, line]));
    put = textOf(account.items);
    take(
      account,
      account.items.map((item) => ({ ...known.get(item.product_id), ...item })),
    );
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void run(), ms);
  }

  const unsubscribe = cart.subscribe(() => schedule(PAUSE_MS));
  document.addEventListener('visibilitychange', look);
  void run().then(look);
  return () => {
    stopped = true;
    clearTimeout(timer);
    unsubscribe();
    document.removeEventListener('visibilitychange', look);
  };
}

const textOf = (lines: readonly CartLine[]) => lines.map((line) => `${line.product_id} ${line.quantity}`).join('\n');
