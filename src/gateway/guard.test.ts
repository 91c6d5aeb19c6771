import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { endpoint } from '../platform/contract.ts';
import type { HttpReply, HttpRequest } from '../platform/dispatch.ts';
import { silentLog } from '../platform/log.ts';
import { UpstreamUnavailable } from '../platform/upstream.ts';
import { createGuard, Late, Resting } from './guard.ts';

const common = { service: 'orders', summary: '', access: 'anyone' } as const;
const Read = endpoint('orders.get', 'GET /orders', common);
const Write = endpoint('orders.place', 'POST /orders', { ...common, idempotent: true });
const Other = endpoint('catalog.list', 'GET /products', { ...common, service: 'catalog' });

const OK: HttpReply = { status: 200, headers: {}, body: 'fine' };
const away = () => Promise.reject(new UpstreamUnavailable('orders', 'is away'));
const request = (headers: HttpRequest['headers'] = {}): HttpRequest => ({
  url: '/',
  params: {},
  query: {},
  headers,
  body: undefined,
  receivedAt: 0,
});

function guarded(answer: (service: string, asked: number) => Promise<HttpReply>, timeoutMs = 1_000, openMs = 50) {
  const asked: string[] = [];
  const upstream = {
    call: ({ service }: { service: string }) => {
      asked.push(service);
      return answer(service, asked.length);
    },
  };
  return { asked, guard: createGuard({ upstream, timeoutMs, log: silentLog, openMs }) };
}

describe('the guard before a room', () => {
  test('reading is tried once more; so is a write that carries an Idempotency-Key', async () => {
    for (const [one, headers] of [
      [Read, {}],
      [Write, { 'idempotency-key': 'k' }],
    ] as const) {
      const { guard, asked } = guarded((_, n) => (n === 1 ? away() : Promise.resolve(OK)));
      expect(await guard.call(one, request(headers))).toBe(OK);
      expect(asked).toHaveLength(2);
    }
  });

  test('a write without a key is never sent twice, and nothing is tried three times', async () => {
    const write = guarded(away);
    await expect(write.guard.call(Write, request())).rejects.toThrow(UpstreamUnavailable);
    expect(write.asked).toHaveLength(1);
    const read = guarded(away);
    await expect(read.guard.call(Read, request())).rejects.toThrow(UpstreamUnavailable);
    expect(read.asked).toHaveLength(2);
  });

  test('what a room answers is its answer, a failure too: it is not asked again', async () => {
    const failure = { ...OK, status: 503 };
    const { guard, asked } = guarded(() => Promise.resolve(failure));
    for (let i = 0; i < 10; i += 1) expect(await guard.call(Read, request())).toBe(failure);
    expect(asked).toHaveLength(10);
  });

  test('who does not answer in time is given up, and not asked again at once', async () => {
    const { guard, asked } = guarded(() => new Promise(() => {}), 20);
    await expect(guard.call(Read, request())).rejects.toThrow(Late);
    expect(asked).toHaveLength(1);
  });

  test('while one request finds out about a room, the others are told at once', async () => {
    const { guard, asked } = guarded((_, n) => (n <= 5 ? away() : new Promise(() => {})), 200, 20);
    for (let i = 0; i < 5; i += 1) await guard.call(Write, request()).catch(() => {});
    await sleep(30);
    const started = performance.now();
    const probe = guard.call(Write, request()).catch((error) => error);
    const others = await Promise.all(
      Array.from({ length: 20 }, () => guard.call(Write, request()).catch((error) => error)),
    );
    expect(performance.now() - started).toBeLessThan(100);
    for (const error of others) expect(error).toBeInstanceOf(Resting);
    expect(await probe).toBeInstanceOf(Late);
    expect(asked).toHaveLength(6);
  });

  test('a room that takes a second to say that it is not available counts as one that does not answer', async () => {
    const slow = async () => {
      await sleep(1_050);
      return { ...OK, status: 503 };
    };
    const { guard } = guarded(slow, 5_000);
    await Promise.all(Array.from({ length: 5 }, () => guard.call(Write, request())));
    expect(guard.isOpen('orders')).toBe(true);
  });

  test('a room that fails five times is left alone, then one request finds out for all; other rooms go on', async () => {
    let up = false;
    const { guard, asked } = guarded((service) => (up || service === 'catalog' ? Promise.resolve(OK) : away()));
    for (let i = 0; i < 5; i += 1) await guard.call(Write, request()).catch(() => {});
    expect(guard.isOpen('orders')).toBe(true);
    await expect(guard.call(Read, request())).rejects.toThrow(Resting);
    expect(asked).toHaveLength(5);
    expect(await guard.call(Other, request())).toBe(OK);

    await sleep(60);
    await expect(guard.call(Write, request())).rejects.toThrow('is away');
    await expect(guard.call(Write, request())).rejects.toThrow(Resting);
    up = true;
    await sleep(60);
    expect(await guard.call(Write, request())).toBe(OK);
    expect(guard.isOpen('orders')).toBe(false);
  });
});
