import { expect, test } from 'vitest';
import { createMetrics } from './telemetry.ts';

test('a room tells how much memory its process holds, as of when it is asked', async () => {
  const { registry } = createMetrics('orders');
  const figure = async (name: string) =>
    Number(new RegExp(`^${name}\\{service="orders"\\} (\\d+)$`, 'm').exec(await registry.metrics())?.[1]);
  const [held, used] = [await figure('process_resident_memory_bytes'), await figure('nodejs_heap_size_used_bytes')];
  expect(held).toBeGreaterThan(used);
  expect(used).toBeGreaterThan(1_000_000);
  const kept = Buffer.alloc(64 * 2 ** 20, 1);
  expect(await figure('nodejs_external_memory_bytes')).toBeGreaterThanOrEqual(kept.length);
});
