/** Commands that look at a shop's books, and those that bring servers of their own: what they say, and how they end. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditReport } from '../src/contracts/audit.ts';
import { TARGETS } from '../src/shop.ts';
import { fastFolder } from './fast-folder.ts';
import { freePort } from './free-port.ts';
import { eventually, startTestShop, type TestShop } from './harness.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function command(file: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [`dist/${file}`, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

describe('the books of a shop, from the command line', () => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await startTestShop();
    await shop.product({ product_id: 'COUNTED', stock: 10 });
    await shop.quiet();
  });
  afterAll(() => shop?.close());

  const audit = () => command('src/audit/main.js', [], { DATABASE_URL: shop.settings.DATABASE_URL });
  const reconcile = (...args: string[]) =>
    command('src/audit/reconcile.js', args, { DATABASE_URL: shop.settings.DATABASE_URL });
  const entries = async () =>
    (await shop.query('inventory', `select id from movements where product_id = 'COUNTED'`)).length;

  test('agree', async () => {
    expect(await audit()).toMatchObject({ code: 0, said: expect.stringContaining('All is well') });
    expect(await reconcile()).toMatchObject({ code: 0, said: expect.stringContaining('nothing to reconcile') });
  });

  test('do not agree: it is said, planned, and nothing is written before somebody says so', async () => {
    await shop.query('inventory', `update levels set on_hand = on_hand + 3 where product_id = 'COUNTED'`);
    const before = await entries();
    const found = await audit();
    expect(found.code).toBe(1);
    expect(found.said).toMatch(/✗ inventory: the movements of a product add up to its level\n {4}COUNTED: /);
    const plan = await reconcile();
    expect(plan.code).toBe(1);
    expect(plan.said).toContain('COUNTED: a ledger entry of +3 in stock, 0 held; then held: 0');
    expect(plan.said).toContain('Nothing was done');
    expect(await entries()).toBe(before);
    const token = await shop.admin();
    const findings = async () =>
      (await shop.call<AuditReport>('/api/audit/inventory', { token })).body.findings.map(({ subject }) => subject);
    await shop.call('/api/audit/inventory/everything', { method: 'POST', token });
    await eventually(async () => (await findings()).includes('COUNTED'));
    const mended = await reconcile('--yes');
    expect(mended).toMatchObject({ code: 0, said: expect.stringContaining('All books agree') });
    expect(mended.said).toContain('A running shop looks at its books again within 20 s');
    // By itself it looks a minute after the look before.
    await eventually(async () => (await findings()).length === 0, undefined, 30_000);
    expect(await entries()).toBe(before + 1);
    expect((await audit()).code).toBe(0);
  });

  test('are put in order by a word that nobody hears while the shop is stopped: it is said so, and they are not yet in order', async () => {
    const shut = await startTestShop();
    const look = (file: string, ...args: string[]) => command(file, args, { DATABASE_URL: shut.settings.DATABASE_URL });
    try {
      const order = await shut.place({ payment_method: 'pm_declined' });
      await shut.until(order, 'failed');
      await shut.quiet();
      await shut.shop.stop();
      await shut.query('inventory', `delete from movements where order_id = $1 and kind = 'restored'`, [order.id]);
      await shut.query('inventory', `update allocations set status = 'held' where order_id = $1`, [order.id]);
      await shut.query('inventory', `update levels set reserved = reserved + 1 where product_id = 'PROD001'`);
      const mended = await look('src/audit/reconcile.js', '--yes');
      expect(mended.said).toContain('orders announced again: 1');
      expect(mended.said).toContain('Not heard yet: 1 order.');
      expect(mended.said).not.toContain('Left for a person');
      expect(mended.code).toBe(1);
      await shut.replica(TARGETS);
      await shut.quiet();
      expect(await look('src/audit/main.js')).toMatchObject({ code: 0, said: expect.stringContaining('All is well') });
    } finally {
      await shut.close();
    }
  }, 120_000);

  test('are taken into a file, and found whole where they are put back', async () => {
    const dir = await mkdtemp(join(fastFolder(), 'tradewind-commands-'));
    const { DATABASE_URL, DATA_DIR } = shop.settings;
    try {
      const taken = await command('src/backup/main.js', [`--to=${dir}`], { DATABASE_URL, DATA_DIR });
      expect(taken).toMatchObject({ code: 0, said: expect.stringMatching(/could take no orders for \d+ ms/) });
      const [name] = await readdir(dir);
      const from = `--from=${join(dir, name as string)}`;
      const again = await command('src/backup/main.js', [`--to=${join(dir, name as string)}`], {
        DATABASE_URL,
        DATA_DIR,
      });
      expect(again).toMatchObject({ code: 1, said: expect.stringContaining('exists already: nothing was done') });
      const running = await command('src/backup/restore.js', [from, '--force'], { DATABASE_URL, DATA_DIR });
      expect(running).toMatchObject({
        code: 1,
        said: expect.stringContaining('a shop is running on the databases of'),
      });
      const wrong = await command('src/backup/restore.js', [from, '--forse'], { DATABASE_URL, DATA_DIR });
      expect(wrong).toMatchObject({ code: 2, said: expect.stringContaining('do you mean --force?') });
      // A PostgreSQL of its own, made for it.
      const own = { DATA_DIR: join(dir, 'shop'), PORT_POSTGRES: String(await freePort()) };
      expect(await command('src/backup/restore.js', [from], own)).toMatchObject({ code: 0 });
      const found = await command('src/audit/main.js', [], own);
      expect(found).toMatchObject({ code: 0, said: expect.stringContaining('All is well') });
      const twice = await command('src/backup/restore.js', [from], own);
      expect(twice).toMatchObject({ code: 1, said: expect.stringContaining('there is a shop already') });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }, 60_000);

  test('are wrong in a way that nothing mends: a person is told, by name', async () => {
    const order = await shop.place();
    await shop.until(order, 'confirmed');
    await shop.quiet();
    await shop.query('orders', 'update order_history set version = 99 where order_id = $1 and version = 1', [order.id]);
    for (const args of [[], ['--yes']]) {
      const said = await reconcile(...args);
      expect(said.code).toBe(1);
      expect(said.said).toMatch(new RegExp(`${order.id}: .*it breaks "history has no gaps"\\n.*a person must look`));
    }
  });

  test('cannot be opened: it is told which, where, and by which setting', async () => {
    const DATABASE_URL = 'postgres://u:hunter2@127.0.0.1:1/shop';
    expect(await command('src/audit/main.js', [], { DATABASE_URL })).toEqual({
      code: 2,
      said: expect.stringMatching(
        /database of \w+, shop_\w+ at 127.0.0.1:1 \(DATABASE_URL\), cannot be opened: connect EC/,
      ),
    });
    const env = { DATABASE_URL: shop.settings.DATABASE_URL, PAYMENTS_DATABASE_URL: DATABASE_URL };
    const said = expect.stringContaining('payments, shop at 127.0.0.1:1 (PAYMENTS_DATABASE_URL), cannot be opened');
    expect(await command('src/audit/main.js', [], env)).toMatchObject({ code: 2, said });
  });

  test.each([
    ['audit', /^npm run audit -- /],
    ['reconcile', /^npm run reconcile -- \[--yes\][\s\S]* --yes /],
  ])('npm run %s tells how it is used, and names the flag that was meant', async (name, usage) => {
    const file = `src/audit/${name === 'audit' ? 'main' : name}.js`;
    for (const flag of ['--help', '-h'])
      expect(await command(file, [flag])).toEqual({ code: 0, said: expect.stringMatching(usage) });
    expect(await command(file, ['--helpp'])).toMatchObject({ code: 2, said: expect.stringContaining('mean --help?') });
  });

  test('are not there: nothing is made', async () => {
    const DATA_DIR = '/tmp/nobody-has-a-shop-here';
    expect(await command('src/audit/main.js', [], { DATA_DIR })).toMatchObject({
      code: 2,
      said: expect.stringContaining('there is no shop in'),
    });
    expect(existsSync(DATA_DIR)).toBe(false);
  });
});

describe.each(['simulator/main.js', 'chaos/main.js', 'races/main.js', 'bench/main.js'])('%s', (file) => {
  test('shows how it is used, and refuses what it does not know', async () => {
    const help = await command(file, ['--help']);
    expect(help).toMatchObject({ code: 0, said: expect.stringMatching(/^npm run \w+ -- \[flags\]/) });
    expect(await command(file, ['--bogus'])).toEqual({
      code: 2,
      said: `Unknown option '--bogus'; --help shows the usage\n`,
    });
    const TMPDIR = '/nowhere/at/all';
    // The one that needs no RabbitMQ.
    const shape = file.startsWith('chaos') ? ['--shape=one'] : [];
    expect(await command(file, shape, { TMPDIR })).toMatchObject({
      code: 2,
      said: expect.stringContaining(`no folder can be made in ${TMPDIR} (TMPDIR names another place)`),
    });
    expect(await command(file, ['stray'])).toMatchObject({
      code: 2,
      said: expect.stringMatching(/; --help shows the usage\n$/),
    });
  });
});

test.each([
  ['simulator/main.js', ['seed', 'seconds', 'port']],
  ['chaos/main.js', ['seed']],
  ['races/main.js', ['length', 'port']],
  ['bench/main.js', ['clients', 'replicas', 'past-orders']],
])('%s refuses a flag whose number is missing, and begins nothing', async (file, names) => {
  const told = names.map((name) => command(file, [`--${name}=`], { TMPDIR: '/nowhere/at/all' }));
  expect(await Promise.all(told)).toEqual(
    names.map((name) => ({
      code: 2,
      said: expect.stringMatching(new RegExp(`^--${name}: a whole number from \\d+ to \\d+, not nothing\n$`)),
    })),
  );
});
