/** Nothing that a command has started outlives it, also when it is killed: a shell holds a pipe from us, and ends it. */
import { type ChildProcess, spawn } from 'node:child_process';

const LEASH = 'while read -r _; do :; done; kill -s KILL -- "$1" 2>/dev/null';

/** Ends `child` when this process ends, however that comes; with its whole group, if it has one of its own. */
export function leash(child: ChildProcess, { group = false } = {}): void {
  if (!child.pid) return;
  const target = String(group ? -child.pid : child.pid);
  // Out of reach of a terminal's Ctrl-C, which is for us.
  const shell = spawn('/bin/sh', ['-c', LEASH, 'leash', target], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.stdin.on('error', () => {});
  shell.unref();
  // Its number may be somebody else's one day.
  child.once('exit', () => shell.kill('SIGKILL'));
}
