/** A port nobody uses, below the ephemeral range so that no outgoing connection takes it meanwhile. */
import { createServer } from 'node:net';

const FIRST = 20_000;
/** Each worker has a range of its own: a port that one has found is not taken by another before it is used. */
const RANGE = 2_000;
const RANGES = 6;
const start = FIRST + (Number(process.env.VITEST_POOL_ID ?? 0) % RANGES) * RANGE;
let next = Math.floor(Math.random() * RANGE);

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    next = (next + 1) % RANGE;
    const port = start + next;
    if (await isFree(port)) return port;
  }
  throw new Error('no free port found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
