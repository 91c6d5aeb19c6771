import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openEventStream } from './event-stream.ts';

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('an event stream', () => {
  test('is written as the standard has it, and ends after its lifetime, whatever is sent then', async () => {
    const { stream, send } = openEventStream({ lifetimeMs: 20 });
    send({ id: 1, event: 'step', data: { note: 'line\nbreak' } });
    const text = textOf(stream);
    await sleep(40);
    send({ id: 2, event: 'step', data: {} });
    expect(await text).toBe('retry: 2000\n\nid: 1\nevent: step\ndata: {"note":"line\\nbreak"}\n\n');
  });

  test('shows now and then that it is alive', async () => {
    const { stream } = openEventStream({ heartbeatMs: 5, lifetimeMs: 30 });
    expect(await textOf(stream)).toMatch(/^retry: 2000\n\n(: still here\n\n){2,}$/);
  });

  test('lets go of a reader that does not keep up, and tells its owner once', async () => {
    const { stream, send, onClose } = openEventStream();
    let closed = 0;
    onClose(() => {
      closed += 1;
    });
    for (let i = 0; i < 300 && !stream.destroyed; i += 1) send({ id: i, event: 'step', data: 'x'.repeat(1_000) });
    expect(stream.destroyed).toBe(true);
    send({ id: 0, event: 'step', data: '' });
    await sleep(5);
    expect(closed).toBe(1);
  });
});
