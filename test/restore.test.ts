/** A restore that does not come to its end: what it leaves, and how it goes on. On a shop of a release, which is not started. */
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { readArchive, writeArchive } from '../src/backup/archive.ts';
import { putBack } from '../src/backup/put-back.ts';
import { waitingInQueues } from '../src/backup/queues.ts';
import { readSettings, type Settings } from '../src/config.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { connectRabbit } from '../src/platform/broker-rabbitmq.ts';
import { newId } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import { UNFINISHED } from '../src/platform/migrations.ts';
import { TOPOLOGY } from '../src/shop.ts';
import { hasRabbit } from './harness.ts';
import { breakOff, freshPlace, rowsAt, usePlaces } from './places.ts';
import { removeNamespace } from './rabbit.ts';

const folder = usePlaces();
const FILE = join(import.meta.dirname, 'fixtures', 'shop-0.1.0.backup');
const settings = (env: Record<string, string> = {}) => readSettings({ env, dotenv: '', flags: [] });

/** Sound, as far as its checksum goes, and cannot be put back: one of its tables is nowhere. */
async function impossible(name: string): Promise<string> {
  const path = join(folder, name);
  const archive = await writeArchive(path);
  for await (const { entry, data } of readArchive(FILE)) {
    await archive.begin(entry);
    for await (const chunk of data) await archive.data(chunk);
  }
  await archive.begin({ kind: 'table', room: 'orders', table: 'nowhere', columns: ['n'] });
  await archive.finish();
  return path;
}

/** Room → what its mark says; none has one: empty. */
async function marks(place: Settings) {
  const found: Record<string, object> = {};
  for (const room of SERVICES) {
    const [{ there } = { there: null }] = await rowsAt(place, room, `select to_regclass('${UNFINISHED}') as there`);
    if (there) [found[room]] = await rowsAt(place, room, `select complete from ${UNFINISHED}`);
  }
  return found;
}
const CHANGE = `update customers set name = 'changed since'`;
const changed = (place: Settings) => rowsAt(place, 'customers', `select 1 from customers where name = 'changed since'`);

test('one that fails before anything was replaced leaves the shop that was there, and no marks', async () => {
  const place = await freshPlace(settings());
  await putBack(place, FILE, { force: false });
  await rowsAt(place, 'customers', CHANGE);
  const file = await impossible('impossible.backup');
  await expect(putBack(place, file, { force: true })).rejects.toThrow(/"nowhere" does not exist/);
  expect(await marks(place)).toEqual({});
  expect(await changed(place)).not.toEqual([]);
}, 60_000);

test('one that breaks off between two commits leaves every room marked, and is done again with the same file', async () => {
  const place = await freshPlace(settings());
  await putBack(place, FILE, { force: false });
  await rowsAt(place, 'customers', CHANGE);
  const mend = await breakOff(place, 'notifications', 'at its commit');
  await expect(putBack(place, FILE, { force: true })).rejects.toThrow('broken off');
  expect(await marks(place)).toEqual(Object.fromEntries(SERVICES.map((room) => [room, { complete: false }])));
  await mend();
  expect(await putBack(place, FILE, { force: false })).toMatchObject({ ended: false, rows: expect.any(Number) });
  expect(await marks(place)).toEqual({});
  expect(await changed(place)).toEqual([]);
}, 60_000);

test('one that breaks off while the marks come off goes on with the same file, and touches nothing else', async () => {
  const place = await freshPlace(settings());
  const mend = await breakOff(place, 'notifications', 'at its mark');
  await expect(putBack(place, FILE, { force: false })).rejects.toThrow('broken off');
  const left = await marks(place);
  expect(left).toMatchObject({ notifications: { complete: true } });
  expect(Object.keys(left).length).toBeLessThan(SERVICES.length);
  await mend();
  await rowsAt(place, 'customers', CHANGE);
  const other = await impossible('another.backup');
  await expect(putBack(place, other, { force: false })).rejects.toThrow(/there is a shop already/);
  await expect(putBack(place, other, { force: true })).rejects.toThrow(/"nowhere" does not exist/);
  expect(await marks(place)).toEqual(left);
  expect(await putBack(place, FILE, { force: false })).toMatchObject({ ended: true, rows: 0 });
  expect(await marks(place)).toEqual({});
  expect(await changed(place)).not.toEqual([]);
  await expect(putBack(place, FILE, { force: false })).rejects.toThrow(/there is a shop already/);
}, 60_000);

test.skipIf(!hasRabbit())(
  'one that fails before anything was replaced throws no message away, either',
  async () => {
    const [AMQP_URL, AMQP_NAMESPACE] = [inject('amqpUrl'), `restored-${newId()}`];
    const place = await freshPlace(settings({ AMQP_URL, AMQP_NAMESPACE }));
    await putBack({ ...place, AMQP_URL: '' }, FILE, { force: false });
    const given = { url: AMQP_URL, namespace: AMQP_NAMESPACE, topology: TOPOLOGY, log: silentLog };
    const broker = await connectRabbit(given);
    try {
      const time = new Date().toISOString();
      const said = {
        id: newId(),
        type: 'order.placed',
        source: 'orders',
        subject: 'x',
        time,
        traceparent: null,
        data: '{}',
      };
      expect((await broker.publish([said])).size).toBe(0);
      const waiting = await waitingInQueues(place, SERVICES);
      expect(waiting).toBeGreaterThan(0);
      const file = await impossible('impossible-2.backup');
      await expect(putBack(place, file, { force: true })).rejects.toThrow(/"nowhere" does not exist/);
      expect(await waitingInQueues(place, SERVICES)).toBe(waiting);
      await putBack(place, FILE, { force: true });
      expect(await waitingInQueues(place, SERVICES)).toBe(0);
    } finally {
      await broker.close();
      await removeNamespace(AMQP_URL, AMQP_NAMESPACE);
    }
  },
  60_000,
);
