import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { eventually } from './harness.ts';

const OWNER = `
  import { spawn } from 'node:child_process';
  import { leash } from ${JSON.stringify(new URL('../dist/test/leash.js', import.meta.url).href)};
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  leash(child, { group: true });
  console.log(child.pid);
  setInterval(() => {}, 1000);`;

/** A dead one may stay in the list until somebody takes note. */
const lives = (pid: number) =>
  /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim());

test('what is on a leash ends with its owner, also when that one is killed', async () => {
  const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(owner.stdout, 'data');
  const pid = Number(said);
  expect(lives(pid)).toBe(true);
  owner.kill('SIGKILL');
  await eventually(async () => !lives(pid));
});
