/**
 * Load on a shop's gateway. Closed loop: each client waits for its answer before it asks again. Open loop: requests are due
 * at a fixed rate whether or not the shop keeps up, and each is timed from when it was due: a shop that stalls is not
 * spared the requests it stalled (coordinated omission; Gil Tene, "How NOT to Measure Latency").
 */
import { Pool } from 'undici';

export interface Request {
  method: 'GET' | 'POST';
  path: string;
  body?: object;
  headers?: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  /** Gateways of one shop; the connections are spread over them. */
  urls: readonly string[];
  /** Connections, each with one request at a time. */
  clients: number;
  seconds: number;
  /** Requests due each second; without it the loop is closed. */
  rate?: number | undefined;
  /** The n-th request, from 1. */
  request: (n: number) => Request;
  /** Called now and then with how much is done, 0 to 1. */
  onProgress?: (done: number) => void;
}

export interface LoadResult {
  /** Checkouts that were answered with 201. */
  accepted: number;
  /** Milliseconds of each accepted checkout. */
  checkouts: number[];
  /** Milliseconds of each page that was read. */
  reads: number[];
  /** What else was answered: status → how many. 0: no answer. */
  refused: Map<number, number>;
  /** From the first request to the last answer. */
  seconds: number;
}

export async function load({ urls, clients, seconds, rate, request, onProgress }: LoadOptions): Promise<LoadResult> {
  const connections = Math.ceil(clients / urls.length);
  const pools = urls.map((url) => new Pool(url, { connections, pipelining: 1, headersTimeout: 30_000 }));
  const [checkouts, reads]: [number[], number[]] = [[], []];
  const refused = new Map<number, number>();
  const started = performance.now();
  const length = seconds * 1000;
  const progress = setInterval(() => onProgress?.(Math.min(1, (performance.now() - started) / length)), 250);
  let asked = 0;

  /** When the next request is due; undefined when there is none left. */
  function next(): { n: number; due: number } | undefined {
    const due = rate === undefined ? performance.now() : started + (asked * 1000) / rate;
    if (due >= started + length) return undefined;
    asked += 1;
    return { n: asked, due };
  }

  async function ask(pool: Pool, { n, due }: { n: number; due: number }): Promise<void> {
    const { method, path, body, headers: own } = request(n);
    const headers = { ...(body && { 'content-type': 'application/json' }), ...own };
    const sent = body ? JSON.stringify(body) : null;
    let status = 0;
    try {
      const reply = await pool.request({ path, method, headers, body: sent });
      await reply.body.dump();
      status = reply.statusCode;
    } catch {}
    const took = performance.now() - due;
    if (status === 201) checkouts.push(took);
    else if (status === 200) reads.push(took);
    else refused.set(status, (refused.get(status) ?? 0) + 1);
  }

  async function client(index: number): Promise<void> {
    const pool = pools[index % pools.length] as Pool;
    for (let turn = next(); turn; turn = next()) {
      const early = turn.due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      await ask(pool, turn);
    }
  }

  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  const took = (performance.now() - started) / 1000;
  clearInterval(progress);
  await Promise.all(pools.map((pool) => pool.close()));
  return { accepted: checkouts.length, checkouts, reads, refused, seconds: took };
}

/** The p-th percentile (nearest rank) of an unsorted sample; NaN of none. */
export function percentile(sample: readonly number[], p: number): number {
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}
