/** A thread that plays one shop after the other: the virtual clock is a thread's own, so each lane has a world to itself. */
import { parentPort, workerData } from 'node:worker_threads';
import { attempt } from './attempt.ts';
import { seededChoices } from './choices.ts';
import type { Answered, Asked } from './lanes.ts';

/** Of messages to whoever watches. */
const SAID_EVERY_MS = 200;

const port = parentPort;
if (!port) throw new Error('a lane is a thread');
const { server, name } = workerData as { server: string; name: string };

port.on('message', ({ seed, orders }: Asked) => {
  let said = Date.now();
  const answer = (message: Answered) => port.postMessage(message);
  void attempt({
    server,
    name,
    seed,
    orders,
    choices: seededChoices(seed),
    onProgress(done) {
      if (Date.now() - said < SAID_EVERY_MS) return;
      said = Date.now();
      answer({ done });
    },
  }).then((outcome) => answer({ outcome }));
});
