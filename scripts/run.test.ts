// The runner in a project of its own, whose only dependency is a compiler that copies, and a bundler that says so: npm is real, and needs no network.
import { spawn } from 'node:child_process';
import { appendFile, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const COMPILER = `#!/usr/bin/env node
import fs from 'node:fs';
const out = process.argv[process.argv.indexOf('--outDir') + 1];
const source = fs.readFileSync('src/main.ts', 'utf8');
if (source.includes('nonsense')) { console.log('src/main.ts: error TS1: nonsense'); process.exit(2); }
fs.mkdirSync(out + '/src', { recursive: true });
fs.writeFileSync(out + '/src/main.js', source);`;

const BUNDLER = `#!/usr/bin/env node
import fs from 'node:fs';
const out = process.argv[process.argv.indexOf('--outDir') + 1];
fs.mkdirSync(out, { recursive: true });
fs.writeFileSync(out + '/index.html', 'pages of ' + process.argv[3]);`;

const FILES: Record<string, string> = {
  'package.json': JSON.stringify({
    name: 'shop',
    version: '1.0.0',
    type: 'module',
    dependencies: { compiler: 'file:compiler' },
  }),
  'package-lock.json': JSON.stringify({
    name: 'shop',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'shop', version: '1.0.0', dependencies: { compiler: 'file:compiler' } },
      compiler: { version: '1.0.0', bin: { tsc: 'tsc.js', vite: 'vite.js' } },
      'node_modules/compiler': { resolved: 'compiler', link: true },
    },
  }),
  'compiler/package.json': JSON.stringify({
    name: 'compiler',
    version: '1.0.0',
    type: 'module',
    bin: { tsc: 'tsc.js', vite: 'vite.js' },
  }),
  'compiler/tsc.js': COMPILER,
  'compiler/vite.js': BUNDLER,
  'tsconfig.build.json': '{}',
  'src/main.ts': `console.log('up', ...process.argv.slice(2)); process.exitCode = 7;`,
  'src/services/orders/migrations/001.sql': 'select 1',
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradewind run '));
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  await mkdir(join(folder, 'scripts'));
  await copyFile(join(import.meta.dirname, 'run.mjs'), join(folder, 'scripts/run.mjs'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the runner', { timeout: 30_000 }, () => {
  it('installs and builds first, and later only when something changed', async () => {
    const first = await run('start', '--target=all');
    expect(first).toMatchObject({ code: 7, out: 'up --target=all\n' });
    expect(first.err).toMatch(/installing dependencies \(first run only\)[\s\S]*building/);
    await stat(join(folder, 'dist/src/services/orders/migrations/001.sql'));
    expect(await run('start')).toEqual({ code: 7, out: 'up\n', err: '' });
    await appendFile(join(folder, 'src/main.ts'), `console.log('changed');`);
    expect(await run('start')).toEqual({ code: 7, out: 'up\nchanged\n', err: '▸ building…\n' });
    await appendFile(join(folder, 'package-lock.json'), '\n');
    expect((await run('start')).err).toMatch(/they changed/);
  });

  it('lets two first runs wait for each other', async () => {
    const runs = await Promise.all([run('start'), run('start'), run('start')]);
    expect(runs.map(({ code, out }) => ({ code, out }))).toEqual(runs.map(() => ({ code: 7, out: 'up\n' })));
    expect(runs.filter(({ err }) => err.includes('installing dependencies'))).toHaveLength(1);
    expect(await readdir(join(folder, '.data'))).toEqual([]);
  });

  it('is not held up by a run that was killed', async () => {
    await mkdir(join(folder, '.data/run.lock'), { recursive: true });
    await writeFile(join(folder, '.data/run.lock/pid'), '999999998 999999999');
    await mkdir(join(folder, 'dist.tmp-999999999'));
    expect((await run('start')).code).toBe(7);
    expect((await readdir(folder)).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  });

  it('shows what the compiler or npm said, without a stack', async () => {
    await appendFile(join(folder, 'src/main.ts'), 'nonsense');
    const built = await run('start');
    expect(built).toMatchObject({ code: 1, out: '' });
    expect(built.err).toMatch(/the build failed:\nsrc\/main.ts: error TS1: nonsense\n$/);
    await writeFile(join(folder, 'package-lock.json'), '{}');
    const installed = await run('start');
    expect(installed.err).toMatch(/npm ci failed:\n/);
    expect(installed.err).not.toMatch(/^ {4}at /m);
  });

  it('lists its commands when it does not know one', async () => {
    const { code, err } = await run('toString');
    expect({ code, first: err.split('\n')[0] }).toEqual({
      code: 1,
      first: 'There is no command "toString". There are:',
    });
    expect(err).toMatch(/start .*\n {2}test /);
  });
});

function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'scripts/run.mjs'), ...args], { cwd: tmpdir() });
    const result = { code: null as number | null, out: '', err: '' };
    child.stdout.on('data', (text) => (result.out += text));
    child.stderr.on('data', (text) => (result.err += text));
    child.on('close', (code) => resolve({ ...result, code }));
  });
}
