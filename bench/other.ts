/** Load on a shop that runs elsewhere, seen from outside: nothing but its gateway is asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { load, percentile } from './load.ts';

export interface OtherOptions {
  url: string;
  products: readonly string[];
  clients: number;
  rate: number | undefined;
  seconds: number;
  onProgress: (what: string) => void;
}

const END_LIMIT_MS = 60_000;
const FINISHED = ['confirmed', 'failed', 'cancelled', 'shipped', 'delivered'];

export async function measureOther({ url, products, clients, rate, seconds, onProgress }: OtherOptions) {
  const order = (n: number) => ({
    method: 'POST' as const,
    path: '/api/checkout',
    body: { email: `shopper${n}@example.com`, items: [{ product_id: products[n % products.length], quantity: 1 }] },
  });
  const loaded = await load({
    urls: [url],
    clients,
    rate,
    seconds,
    request: order,
    onProgress: (done) => onProgress(`${Math.round(done * 100)} %`),
  });
  onProgress('waiting for the end of one more order');
  return {
    'accepted/s': Math.round(loaded.accepted / loaded.seconds),
    'checkout p50 ms': Math.round(percentile(loaded.checkouts, 50) * 10) / 10,
    'checkout p99 ms': Math.round(percentile(loaded.checkouts, 99) * 10) / 10,
    'one more order ended after ms': await untilEnd(url, order(0).body),
    refused: [...loaded.refused].map(([status, count]) => `${count} × ${status || 'no answer'}`).join(', ') || '–',
  };
}

async function untilEnd(url: string, body: object): Promise<number | string> {
  const started = performance.now();
  const headers = { 'content-type': 'application/json' };
  const placed = await fetch(`${url}/api/checkout`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (placed.status !== 201) return `refused: ${placed.status}`;
  const { id, guest_token } = (await placed.json()) as { id: string; guest_token: string };
  while (performance.now() - started < END_LIMIT_MS) {
    const reply = await fetch(`${url}/api/orders/${id}?token=${guest_token}`);
    const { status } = (await reply.json()) as { status: string };
    if (FINISHED.includes(status)) return Math.round(performance.now() - started);
    await sleep(20);
  }
  return `not within ${END_LIMIT_MS / 1000} s`;
}
