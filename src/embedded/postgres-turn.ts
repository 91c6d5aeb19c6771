// One at a time starts a PostgreSQL on a data folder and has it until it has stopped: whoever comes meanwhile waits, and is
// told for whom. Whose turn it is stands in the folder `<dir>.turn`, which comes into being with its owner's name in it, by a
// rename that only one can win. A pid alone proves nothing, so its process's birth is there too: a turn whose owner was
// killed is over.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Holder {
  pid: number;
  born: string;
  /** The command that has it for a look only, for example `npm run audit`; '' for a shop. */
  visitor: string;
}

export interface Turn {
  /** May be called twice. */
  release(): Promise<void>;
}

/** A shop that stops is gone soon; one that stays is another running shop. */
const SHOP_LIMIT_MS = 15_000;
/** Looking through large books takes minutes. */
const VISITOR_LIMIT_MS = 10 * 60_000;
const QUIET_MS = 500;

/**
 * Takes a turn at the folder, or waits for it. `share` is asked each time somebody else has it; what it answers, unless
 * undefined, is taken instead.
 */
export async function takeTurn<T = never>(
  dir: string,
  visitor: string,
  onWait: (reason: string) => void,
  share: (holder: Holder) => Promise<T | undefined> = async () => undefined,
): Promise<Turn | T> {
  const began = Date.now();
  for (let told = ''; ; await sleep(50)) {
    const turn = await tryTurn(dir, visitor);
    if (turn) return turn;
    const holder = await readHolder(`${dir}.turn`);
    if (!holder) continue;
    const shared = await share(holder);
    if (shared !== undefined) return shared;
    const waited = Date.now() - began;
    if (waited > (holder.visitor ? VISITOR_LIMIT_MS : SHOP_LIMIT_MS)) {
      throw new Error(`the data folder ${dir} is in use by another running ${nameOf(holder)}`);
    }
    if (waited < QUIET_MS || told === nameOf(holder)) continue;
    told = nameOf(holder);
    onWait(`waiting for another ${told}, which has the PostgreSQL of this folder…`);
  }
}

const nameOf = ({ visitor, pid }: Holder) => `${visitor || 'shop'}, pid ${pid}`;

let drafts = 0;

async function tryTurn(dir: string, visitor: string): Promise<Turn | undefined> {
  const lock = `${dir}.turn`;
  const holder = await readHolder(lock);
  if (holder && (await birthOf(holder.pid)) === holder.born) return undefined;
  if (holder) await take(lock, holder);
  drafts += 1;
  const draft = `${lock}-${process.pid}-${drafts}`;
  const mine: Holder = { pid: process.pid, born: (await birthOf(process.pid)) ?? '', visitor };
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  await writeFile(join(draft, 'holder'), JSON.stringify(mine));
  try {
    await rename(draft, lock);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  let released: Promise<void> | undefined;
  return { release: () => (released ??= take(lock, mine)) };
}

/** Takes a turn away; somebody else's, caught by mistake, is put back. */
async function take(lock: string, { pid, born }: Holder): Promise<void> {
  drafts += 1;
  const aside = `${lock}-${process.pid}-${drafts}`;
  try {
    await rename(lock, aside);
    const caught = await readHolder(aside);
    if (caught?.pid === pid && caught.born === born) await rm(aside, { recursive: true, force: true });
    else await rename(aside, lock);
  } catch {
    // another was faster
  }
}

async function readHolder(lock: string): Promise<Holder | undefined> {
  const text = await readFile(join(lock, 'holder'), 'utf8').catch(() => undefined);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Holder);
  } catch {
    // A power cut left its name, and nothing in it.
    return { pid: 0, born: '', visitor: '' };
  }
}

/** When a process began, as its system tells it; undefined when it is gone, or dead and nobody has taken note. */
async function birthOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return askPs(pid);
  // Its name, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return /[ZX]/.test(fields[0] as string) ? undefined : fields[19];
}

function askPs(pid: number): string | undefined {
  try {
    const command = ['-o', 'stat=,lstart=', '-p', String(pid)];
    const said = execFileSync('ps', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /^\s*[^Z\s]+\s+(.*?)\s*$/.exec(said)?.[1];
  } catch {
    return undefined;
  }
}
