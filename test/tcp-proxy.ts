/** A line between the shop and something it leans on, that can be cut, or go mute. */
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface Line {
  port: number;
  /** Ends every connection; new ones are refused until `mend`. */
  cut(): void;
  /** Connections stay and new ones are taken, but nothing comes through. */
  mute(): void;
  /** Ends every connection; new ones are talked to, but not by whom they think. */
  babble(words: () => Uint8Array): void;
  mend(): void;
  close(): Promise<void>;
}

export async function openLine(to: { host: string; port: number }): Promise<Line> {
  const open = new Set<Socket>();
  let state: 'whole' | 'cut' | 'mute' | 'babbling' = 'whole';
  let words: () => Uint8Array = () => new Uint8Array();
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    if (state === 'babbling') {
      open.add(near);
      near.on('error', () => near.destroy()).once('close', () => open.delete(near));
      near.write(words());
      return;
    }
    const far = connect(to.port, to.host);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => into.destroy());
      from.on('close', () => {
        open.delete(from);
        into.destroy();
      });
      from.on('data', (chunk) => {
        if (state === 'whole') into.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endAll = () => {
    for (const socket of open) socket.destroy();
  };
  const cut = () => {
    state = 'cut';
    endAll();
  };
  return {
    port: (server.address() as { port: number }).port,
    cut,
    mute() {
      state = 'mute';
    },
    babble(some) {
      words = some;
      state = 'babbling';
      endAll();
    },
    mend() {
      // What was said into the silence is gone: such a connection is of no more use; nor is one to a stranger.
      if (state === 'mute' || state === 'babbling') endAll();
      state = 'whole';
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
