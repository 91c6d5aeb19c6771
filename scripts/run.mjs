// The one runner behind package.json's scripts. In a fresh clone it first installs and builds; later it sees by two stamps
// that there is nothing to do, which costs some milliseconds. Plain JavaScript without a dependency: it runs before there
// are any. Two runs at once wait for each other; one that is killed leaves nothing that the next one trips over.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, extname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const COMMANDS = {
  build: { does: 'install and build, and start nothing', run: () => {} },
  start: { does: 'start the shop (or some of its services: --target=…)', run: (args) => load('src/main.js', args) },
  test: { does: 'run the tests', tools: true, run: (args) => hand(bin('vitest'), ['run', ...args]) },
  mailbox: { does: 'start the development mailbox by itself', run: (args) => load('src/mailbox.js', args) },
  order: { does: 'place a sample order in a running shop', run: (args) => load('src/order.js', args) },
  tap: {
    does: 'show the events of a running shop, live (--type, --subject, --json)',
    run: (args) => load('src/tap.js', args),
  },
  'new:service': {
    does: 'make a new service, with a test, that the shop finds by itself',
    tools: true,
    run: (args) => load('src/new-service.js', args),
  },
  bench: { does: 'measure the shop', run: (args) => load('bench/main.js', args) },
  simulate: {
    does: 'run a simulated shop through misfortunes (--seed, --orders)',
    run: (args) => load('simulator/main.js', args),
  },
  chaos: {
    does: 'kill, freeze and cut a real shop under load (--shape, --seconds)',
    run: (args) => load('chaos/main.js', args),
  },
  races: {
    does: 'run every order in which charge, webhook, refund and cancel can meet (--length)',
    run: (args) => load('races/main.js', args),
  },
  audit: { does: 'look at all books of a shop for what is wrong', run: (args) => load('src/audit/main.js', args) },
  reconcile: {
    does: 'put books in order that do not agree (shows its plan first)',
    run: (args) => load('src/audit/reconcile.js', args),
  },
  doctor: {
    does: 'look at what a shop needs, and say what is wrong (--json)',
    run: (args) => load('src/doctor/main.js', args),
  },
  import: {
    does: 'add and change products from a spreadsheet (--products=FILE, --dry-run)',
    run: (args) => load('src/import.js', args),
  },
  backup: { does: 'take a whole shop into one file (--to=…)', run: (args) => load('src/backup/main.js', args) },
  restore: {
    does: 'put a backup where no shop is (--from=…, --force)',
    run: (args) => load('src/backup/restore.js', args),
  },
  docs: {
    does: 'write docs/generated and deploy/dashboards (--release: record the events of a release)',
    run: (args) => load('src/docs.js', args),
  },
  'release:shop': {
    does: 'make the shop of this release, which later versions are tried with',
    run: () => hand(process.execPath, [join('scripts', 'release-shop.mjs')]),
  },
  screenshots: {
    does: 'take the pictures of docs/tour.md',
    tools: true,
    run: () => hand(process.execPath, [join('scripts', 'screenshots.mjs')]),
  },
  check: { does: 'lint, check the types, and see that generated files are current', tools: true, run: check },
};
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCK = join(ROOT, '.data', 'run.lock');
const LOCK_LIMIT_MS = 10 * 60_000;
const INSTALL_STAMP = join(ROOT, 'node_modules', '.tradewind');
const BUILD_STAMP = join(ROOT, 'dist', '.tradewind');

/** Something a user can act on: printed without a stack. */
class Failure extends Error {}

async function main([name, ...args]) {
  requireNode(20, 19);
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined;
  if (!command) throw new Failure(usage(name));
  process.chdir(ROOT);
  const tools = command.tools === true;
  if (!isInstalled(tools) || !isBuilt()) await alone(() => prepare(tools));
  await command.run(args);
}

function requireNode(major, minor) {
  const [hasMajor = 0, hasMinor = 0] = process.versions.node.split('.').map(Number);
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
  throw new Failure(
    `Tradewind needs Node ${major}.${minor} or newer, and this is ${process.versions.node}: see https://nodejs.org`,
  );
}

function usage(name) {
  const lines = Object.entries(COMMANDS).map(([command, { does }]) => `  ${command.padEnd(11)} ${does}`);
  return [name ? `There is no command "${name}". There are:` : 'Commands:', ...lines].join('\n');
}

// ── what is there already ──

/** A shop is installed without the tools of its developers, which weigh more than itself; with them it runs as well. */
function isInstalled(tools) {
  const stamp = readStamp(INSTALL_STAMP);
  return stamp === installStamp(true) || (!tools && stamp === installStamp(false));
}

function isBuilt() {
  return readStamp(BUILD_STAMP) === buildStamp();
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function installStamp(tools) {
  const [major] = process.versions.node.split('.');
  const machine = `node-${major} ${process.platform}-${process.arch}`;
  return `${hashFiles([join(ROOT, 'package-lock.json')])} ${machine}${tools ? ' tools' : ''}`;
}

function buildStamp() {
  const settings = readdirSync(ROOT).filter((name) => /^tsconfig.*\.json$/.test(name));
  const sources = ['src', 'bench', 'simulator', 'chaos', 'races', 'test', 'scripts', 'web'].flatMap((folder) =>
    filesBelow(join(ROOT, folder)),
  );
  const built = sources.filter((file) => !file.endsWith('.test.ts'));
  return hashFiles([...built, ...[...settings, 'package-lock.json'].map((name) => join(ROOT, name))]);
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

// ── making it ──

async function prepare(tools) {
  if (!isInstalled(tools)) await install(tools);
  if (!isBuilt()) await build();
}

async function install(needsTools) {
  const again = existsSync(INSTALL_STAMP);
  // Who has them keeps them, also of an npm ci by hand, which leaves no stamp.
  const tools = needsTools || existsSync(bin('vitest'));
  const why = !again
    ? 'first run only'
    : readStamp(INSTALL_STAMP) === installStamp(false)
      ? 'and tools'
      : 'they changed';
  say(`installing dependencies (${why})…`);
  const stamp = installStamp(tools);
  // npm tells its scripts where it is; otherwise it is on the path.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { code, output } = await run([...npm, 'ci', tools ? '--include=dev' : '--omit=dev', '--no-audit', '--no-fund']);
  if (code !== 0) throw new Failure(`npm ci failed:\n${lastLines(reasonOf(output), 20)}`);
  const added = output.match(/^added .*$/m);
  if (added) say(added[0]);
  writeFileSync(INSTALL_STAMP, stamp);
}

/** Without its prefixes, and without the manual that npm appends to some errors. */
function reasonOf(output) {
  return output
    .replace(/^npm (error|warn)( |$)/gm, '  ')
    .replace(/^ *Clean install a project\n[\s\S]*?(?=^ *A complete log)/m, '');
}

async function build() {
  say('building…');
  const stamp = buildStamp();
  removeAbandoned();
  const draft = `${join(ROOT, 'dist')}.tmp-${process.pid}`;
  const old = `${draft}-old`;
  const steps = [
    [bin('tsc'), '-p', 'tsconfig.build.json', '--outDir', draft],
    [bin('vite'), 'build', 'web', '--outDir', join(draft, 'web'), '--logLevel', 'warn'],
  ];
  for (const step of steps) {
    const { code, output } = await run(step);
    if (code === 0) continue;
    rmSync(draft, { recursive: true, force: true });
    throw new Failure(`the build failed:\n${lastLines(output, 40)}`);
  }
  for (const file of filesBelow(join(ROOT, 'src'))) {
    if (extname(file) !== '.ts') cpSync(file, join(draft, relative(ROOT, file)));
  }
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, '.tradewind'), stamp);
  if (existsSync('dist')) renameSync('dist', old);
  renameSync(draft, 'dist');
  rmSync(old, { recursive: true, force: true });
}

function removeAbandoned() {
  for (const name of readdirSync(ROOT)) {
    const owner = name.match(/^dist\.tmp-(\d+)/)?.[1];
    if (owner && !isAlive(Number(owner))) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
}

// ── one at a time ──

/** The lock is a folder that comes into being with its owner's pid in it, by a rename that only one can win. */
async function alone(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  const draft = `${LOCK}-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  writeFileSync(join(draft, 'pid'), String(process.pid));
  try {
    await takeLock(draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  try {
    await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

async function takeLock(draft) {
  const deadline = Date.now() + LOCK_LIMIT_MS;
  for (let told = false; ; ) {
    try {
      return renameSync(draft, LOCK);
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
    const owners = lockOwners(LOCK);
    if (owners && !owners.split(' ').some((pid) => isAlive(Number(pid)))) dropLock(owners);
    else if (Date.now() > deadline) {
      throw new Failure(`another run (pid ${owners}) has been at it for ten minutes: if there is none, remove ${LOCK}`);
    } else {
      if (!told && owners) say(`waiting for another run (pid ${owners}) that is installing or building…`);
      told ||= owners !== '';
      await sleep(100);
    }
  }
}

/** The pids of the run and of the npm or compiler that it waits for: npm outlives a kill -9 of its runner. */
function lockOwners(lock) {
  try {
    return readFileSync(join(lock, 'pid'), 'utf8');
  } catch {
    return ''; // released a moment ago
  }
}

/** Takes a dead owner's lock away; a living one's, caught by mistake, is put back. */
function dropLock(owners) {
  const aside = `${LOCK}-${process.pid}-dead`;
  try {
    renameSync(LOCK, aside);
    if (lockOwners(aside) === owners) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, LOCK);
  } catch {
    // another run was faster
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Dead, but nobody has taken note: usual in a container whose first process is no init. */
function isZombie(pid) {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

// ── running ──

/** Runs an entry in this very process: a shop need not pay for two. */
async function load(entry, args) {
  const file = join(ROOT, 'dist', entry);
  if (!existsSync(file)) throw new Failure(`there is no ${entry.replace(/\.js$/, '.ts')} in this checkout`);
  passSignalsOnce();
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

/** Ctrl-C comes from the terminal and, a moment later, from npm too, and a second one would mean: now, without draining. */
function passSignalsOnce() {
  const emit = process.emit;
  const seen = new Map();
  process.emit = function once(name, ...rest) {
    if (name === 'SIGINT' || name === 'SIGTERM') {
      const before = seen.get(name) ?? 0;
      seen.set(name, Date.now());
      if (Date.now() - before < 250) return true;
    }
    return emit.call(this, name, ...rest);
  };
}

/** Hands this terminal to another program and ends as it ended. */
async function hand(program, args) {
  process.exitCode = await inTerminal([program, ...args]);
}

async function check() {
  const steps = {
    lint: [bin('biome'), 'check', '.'],
    types: [bin('tsc'), '-p', 'tsconfig.json'],
    'types of the pages': [bin('tsc'), '-p', 'web/tsconfig.json'],
    docs: [process.execPath, join('dist', 'src', 'docs.js'), '--check'],
  };
  const failed = [];
  for (const [name, command] of Object.entries(steps)) {
    say(`${name}…`);
    if ((await inTerminal(command)) !== 0) failed.push(name);
  }
  if (failed.length > 0) throw new Failure(`failed: ${failed.join(', ')}`);
}

function inTerminal(command) {
  const child = start(command, 'inherit');
  // In a terminal Ctrl-C reaches the child by itself.
  const forward = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  return ended(child).finally(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, forward);
  });
}

/** Runs to the end, silently, under the lock; an interrupted run takes the program with it. */
async function run(command) {
  const child = start(command, ['ignore', 'pipe', 'pipe']);
  writeFileSync(join(LOCK, 'pid'), `${process.pid} ${child.pid ?? process.pid}`);
  const interrupt = (signal) => {
    child.kill(signal);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await ended(child);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, interrupt);
  return { code, output };
}

function start([program, ...args], stdio) {
  return spawn(program, args, { cwd: ROOT, stdio });
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Failure(`${child.spawnfile} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function bin(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

function say(text) {
  process.stderr.write(`▸ ${text}\n`);
}

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
