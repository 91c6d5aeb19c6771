/**
 * What the documents tell people to type works: requests are made as they stand, by a shell and curl, against a shop; every
 * other command has a test or a stage of CI that runs it, or a reason why none can.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN } from './admin.ts';
import { startTestShop, type TestShop } from './harness.ts';
import { picture } from './pictures.ts';

const FILES = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** The commands of a document: lines of its shell blocks, those that go on joined. */
function commandsOf(file: string): string[] {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```sh\n(.*?)^```/gms)];
  return blocks.flatMap(([, block = '']) => joined(block.split('\n')));
}

/** A line that ends with a backslash, or within quotation marks, goes on. */
function joined(lines: readonly string[]): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of lines.map((one) => one.replace(/\s+# .*$/, ''))) {
    open = open === '' ? line : `${open}\n${line}`;
    if (open.endsWith('\\') || open.split("'").length % 2 === 0) continue;
    if (open.trim() !== '' && !open.startsWith('#')) commands.push(open.trim());
    open = '';
  }
  return commands;
}

const isRequest = (command: string) => /^(TOKEN=\$\()?curl /.test(command);

/** Who runs it: a file, and the words in it that say so. */
const RUN_BY: readonly [command: RegExp, file: string, words: string][] = [
  [/^npm start\b/, 'test/process.ts', 'dist/src/main.js'],
  [/^npm test( -- src\/services\/loyalty)?( |$)/, '.ci/run', 'npm test'],
  [/^HOSTILE_\w+=\d+ npm test -- test\/hostile-properties/, 'test/hostile-properties.test.ts', 'HOSTILE_SEED'],
  [/^npm run order\b/, 'test/order-cli.test.ts', 'readWish('],
  [/^(ADMIN_PASSWORD=\S.* )?npm run tap\b/, 'test/tap.test.ts', 'tapping.ts'],
  [/^npm run new:service\b/, 'test/new-service.test.ts', 'new:service'],
  [/^(ADMIN_PASSWORD=\S+ )?npm run import\b/, 'test/import.test.ts', 'dist/src/import.js'],
  [/^npm run doctor\b/, 'test/doctor.test.ts', 'doctor/main.js'],
  [/^(DATABASE_URL=\S+ )?npm run audit\b/, 'test/commands.test.ts', 'audit/main.js'],
  [/^npm run reconcile\b/, 'test/commands.test.ts', 'audit/reconcile.js'],
  [/^npm run backup\b/, 'test/commands.test.ts', 'backup/main.js'],
  [/^npm run restore\b/, 'test/commands.test.ts', 'backup/restore.js'],
  [/^npm run simulate\b/, '.ci/run', 'npm run simulate'],
  [/^npm run chaos\b/, '.ci/run', 'npm run chaos'],
  [/^npm run races\b/, 'test/commands.test.ts', 'races/main.js'],
  [/^npm run (check|docs)\b/, '.ci/run', 'npm run check'],
  [/^prometheus --config/, 'test/metrics.test.ts', 'dashboardFiles()'],
];

const NOT_RUN: readonly [command: RegExp, why: string][] = [
  [/^npm run bench\b/, 'takes many minutes; CI runs its gate, test/grown and test/soak its other parts in small'],
  [/^docker (compose|build)\b/, 'needs an engine: deploy/check.sh does it, by hand'],
  [/^kubectl\b/, 'needs a cluster; test/kubernetes.test.ts holds the files against the code'],
  [/^(export \w+=|kill )/, 'belongs to the commands below it'],
];

describe('a command of the documents', () => {
  const commands = FILES.flatMap((file) => commandsOf(file).map((command) => ({ file, command })));

  test('is found', () => {
    expect(commands.length).toBeGreaterThan(60);
  });

  test('is run by a test or by CI, or says why it cannot be', () => {
    const known = [...RUN_BY, ...NOT_RUN].map(([pattern]) => pattern);
    const unknown = commands.filter(({ command }) => !isRequest(command) && !known.some((one) => one.test(command)));
    expect(unknown).toEqual([]);
    const idle = known.filter((one) => !commands.some(({ command }) => one.test(command)));
    expect(idle.map(String), 'no document names these').toEqual([]);
  });

  test.each(RUN_BY)('%s is run by %s', (_, file, words) => {
    expect(existsSync(file) && readFileSync(file, 'utf8')).toContain(words);
  });
});

describe('the requests of the documents', () => {
  let shop: TestShop;
  let folder: string;
  beforeAll(async () => {
    shop = await startTestShop();
    folder = await mkdtemp(join(tmpdir(), 'tradewind-documents-'));
    for (const name of ['mug.jpg', 'laptop.jpg']) await picture().jpeg().toFile(join(folder, name));
  });
  afterAll(async () => {
    await shop?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** As they stand, one after another, in one shell; answers with those that went wrong. */
  async function type(commands: readonly string[], env: Record<string, string>): Promise<string[]> {
    const own = (command: string) =>
      command.replaceAll('http://localhost:9000', shop.url).replaceAll('your admin password', ADMIN.password);
    // What a stream sends is enough after two seconds.
    const script = commands.flatMap((command, n) => [
      `{ ${own(command).replace(/^curl -N /, 'curl -N --max-time 2 ')}`,
      `} > said.${n} 2>&1; code=$?; [ $code = 0 ] || [ $code = 28 ] || echo ${n} >> failed`,
    ]);
    await writeFile(join(folder, 'failed'), '');
    await writeFile(
      join(folder, 'script.sh'),
      ['curl() { command curl --silent --show-error --fail-with-body --max-time 20 "$@"; }', ...script].join('\n'),
    );
    const shell = spawn('bash', ['script.sh'], { cwd: folder, env: { PATH: process.env.PATH ?? '', ...env } });
    await new Promise((resolve) => shell.once('close', resolve));
    const failed = readFileSync(join(folder, 'failed'), 'utf8').trim().split('\n').filter(Boolean);
    return failed.map((n) => `${commands[Number(n)]}: ${readFileSync(join(folder, `said.${n}`), 'utf8')}`);
  }

  test('are answered', async () => {
    const order = await shop.place({ email: 'doe@example.com' });
    await shop.until(order, 'confirmed');
    const env = { ID: order.id, GUEST_TOKEN: order.guest_token ?? '' };
    const commands = FILES.flatMap(commandsOf).filter(isRequest);
    expect(commands.length).toBeGreaterThan(18);
    // Whoever has a token says first how to get one.
    const first = commands.filter((command) => command.startsWith('TOKEN='));
    expect(await type([...first, ...commands.filter((command) => !first.includes(command))], env)).toEqual([]);
    const shipped = await shop.call<{ status: string }>(`/api/orders/${order.id}`, { token: await shop.admin() });
    expect(shipped.body.status).toBe('shipped');
  });
});
