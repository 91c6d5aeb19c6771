import { expect, test } from 'vitest';
import { healthIn } from './health-reply.ts';

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const ROOM = { status: 'ok', breaker: 'closed', database: { ok: true, milliseconds: 1 }, workers: [{ name: 'inbox' }] };

test('a shop that is not well says how, with 503', async () => {
  const said = { status: 'degraded', services: { orders: ROOM, catalog: { status: 'down', error: 'no answer' } } };
  expect(await healthIn(json(said))).toEqual(said);
  expect(await healthIn(json(said, 503))).toEqual(said);
});

test.each([
  ['a page of a proxy', new Response('<html>Bad gateway</html>'), 200],
  ['the same with its status', new Response('<html>Bad gateway</html>', { status: 502 }), 502],
  ['a problem', json({ type: 'about:blank', title: 'Too many requests', status: 429 }, 429), 429],
  ['nothing', json(null), 200],
  ['no services', json({ status: 'ok' }), 200],
  ['a room without a word', json({ status: 'ok', services: { orders: {} } }), 200],
  ['no room', json({ status: 'ok', services: { orders: null } }), 200],
  ['workers that are none', json({ status: 'ok', services: { orders: { ...ROOM, workers: 3 } } }), 200],
  ['a database that is none', json({ status: 'ok', services: { orders: { ...ROOM, database: null } } }), 200],
])('%s is no answer, and shown as such', async (_name, answer, status) => {
  await expect(healthIn(answer)).rejects.toMatchObject({ status, message: expect.stringMatching(/\w/) });
});
