/** Closed-loop load: each client places an order, waits for the answer, and places the next. */
import { Pool } from 'undici';

export interface LoadResult {
  accepted: number;
  /** Status → how many. */
  refused: Map<number, number>;
  /** Milliseconds of every accepted checkout. */
  latencies: number[];
  seconds: number;
}

export interface LoadOptions {
  url: string;
  clients: number;
  seconds: number;
  /** The n-th checkout's body. */
  body: (n: number) => object;
}

export async function load({ url, clients, seconds, body }: LoadOptions): Promise<LoadResult> {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const latencies: number[] = [];
  const refused = new Map<number, number>();
  const started = performance.now();
  const end = started + seconds * 1000;
  let placed = 0;

  async function client(): Promise<void> {
    while (performance.now() < end) {
      placed += 1;
      const before = performance.now();
      const response = await pool.request({
        path: '/api/checkout',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body(placed)),
      });
      await response.body.dump();
      if (response.statusCode === 201) latencies.push(performance.now() - before);
      else refused.set(response.statusCode, (refused.get(response.statusCode) ?? 0) + 1);
    }
  }

  await Promise.all(Array.from({ length: clients }, client));
  const took = (performance.now() - started) / 1000;
  await pool.close();
  return { accepted: latencies.length, refused, latencies, seconds: took };
}

/** The p-th percentile (nearest rank) of an unsorted sample. */
export function percentile(sample: readonly number[], p: number): number {
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}
