// As whom PostgreSQL runs. It refuses root, so a shop started by root (a container, a CI machine) runs it as another account:
// the one that owns the data already, else the owner of the folder around it, else nobody, whichever can reach programs and
// data. Where none can (a checkout below a folder that only root may enter) a user namespace makes root look like nobody.
import { spawnSync } from 'node:child_process';
import { chown, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binaries } from './postgres-binaries.ts';

export interface Account {
  /** what to put before a command */
  prefix: string[];
  /** what to give to `spawn`: empty when the command runs as ourselves */
  identity: { uid: number; gid: number } | Record<string, never>;
  /** the owner that PostgreSQL's files must have, as seen from here; undefined when they are ours by nature */
  owner: { uid: number; gid: number } | undefined;
}

const NOBODY = { uid: 65534, gid: 65534 };
const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY.uid}`, `--map-group=${NOBODY.gid}`];

/** Lets the shell tell the loader where the libraries are: macOS drops DYLD_ variables on the way into /bin/sh. */
export const LOADER = 'if [ -n "$1" ]; then export LD_LIBRARY_PATH="$1" DYLD_LIBRARY_PATH="$1"; fi; shift; ';

/** Chooses the account; `dir` is the data folder, which need not exist yet. */
export async function chooseAccount(binaries: Binaries, dir: string): Promise<Account> {
  const self = process.getuid?.() ?? 0;
  const data = await stat(dir).catch(() => undefined);
  if (self !== 0) {
    if (data && data.uid !== self)
      throw new Error(
        `the data folder ${dir} belongs to user ${data.uid}, not to user ${self}: start the shop as user ${data.uid}, or once as root: chown -R ${self} ${dirname(dir)}`,
      );
    return { prefix: [], identity: {}, owner: undefined };
  }
  const parent = await stat(dirname(dir));
  for (const owner of [data, parent, NOBODY]) {
    if (!owner || owner.uid === 0) continue;
    const identity = { uid: owner.uid, gid: owner.gid };
    if (canRun([], identity, binaries, dirname(dir))) return { prefix: [], identity, owner: identity };
  }
  if (process.platform === 'linux' && canRun(NAMESPACE, {}, binaries, dirname(dir)))
    return { prefix: NAMESPACE, identity: {}, owner: { uid: 0, gid: 0 } };
  throw new Error(
    `PostgreSQL does not run as root, and no other user can reach ${binaries.postgres} and ${dir}: start the shop as an ordinary user, move it out of root's own folders, or set DATABASE_URL to a PostgreSQL server of your own`,
  );
}

function canRun(prefix: string[], identity: Account['identity'], binaries: Binaries, folder: string): boolean {
  const probe = `${LOADER}cd "$2" && exec "$1" --version`;
  const [command = '', ...args] = [
    ...prefix,
    '/bin/sh',
    '-c',
    probe,
    'probe',
    binaries.libraries,
    binaries.postgres,
    folder,
  ];
  return spawnSync(command, args, { ...identity, cwd: '/', stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/** Gives an existing data folder to the account (root only; a no-op when it has it already). */
export async function handOver(account: Account, dir: string): Promise<void> {
  const { owner } = account;
  const present = owner && (await stat(dir).catch(() => undefined));
  if (!present || present.uid === owner.uid) return;
  // The folder itself last: while any file still belongs to another, the next start sees that the work is not done.
  for (const entry of await readdir(dir, { recursive: true })) await lchown(join(dir, entry), owner.uid, owner.gid);
  await chown(dir, owner.uid, owner.gid);
}

/** Files that root makes beside the data follow the folder they are in, so that its owner can start the shop later. */
export async function followFolder(file: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const [{ uid, gid }, present] = await Promise.all([stat(dirname(file)), lstat(file)]);
  if (present.uid !== uid) await lchown(file, uid, gid);
}
