/**
 * What the commands have in common that bring servers of their own: flags that are checked, a throw-away folder, and an
 * end that leaves nothing behind, however it comes. Codes: 0 all is well, 1 it is not, 2 it could not be done.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fastFolder } from '../test/fast-folder.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** The flags of this process. `--help` shows the usage; what is not in it ends the process with 2. */
export function readFlags<const O extends Options>(usage: string, options: O): Values<O> {
  try {
    const { help, ...values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } })
      .values as Values<O> & { help?: boolean };
    if (!help) return values as Values<O>;
  } catch (error) {
    // Node's advice on dashes helps nobody.
    const [said] = (error as Error).message.split(/\. (?=To )/);
    refuse(`${said}; --help shows the usage`);
  }
  console.log(usage);
  process.exit(0);
}

/** A flag's number; undefined where the flag is not given. A flag that is given without one is refused, as any other word is. */
export function wholeNumber(name: string, text: string, min: number, max: number): number;
export function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined;
export function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  return refuse(`--${name}: a whole number from ${min} to ${max}, not ${text === '' ? 'nothing' : text}`);
}

export function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

export interface Stage {
  /** A folder that goes when the command ends. */
  readonly dir: string;
  /** To be done then; what was said last first. */
  atEnd(end: () => unknown): void;
}

export interface StageOptions {
  /** Begins the folder's name: `tradewind-<name>-…`. */
  name: string;
  /** Nothing in it is to outlast the machine: it may be in memory. */
  fast?: boolean;
  /** Whether the folder stays. */
  keep?: (code: number) => boolean;
}

function makeFolder(parent: string, prefix: string): string {
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (error) {
    return refuse(`no folder can be made in ${parent} (TMPDIR names another place): ${(error as Error).message}`);
  }
}

/** Does the work, whose answer is the code that the process ends with. Ctrl-C ends it with 130. */
export async function onStage(
  { name, fast = false, keep = () => false }: StageOptions,
  work: (stage: Stage) => Promise<number>,
) {
  const dir = makeFolder(fast ? fastFolder() : tmpdir(), `tradewind-${name}-`);
  const ends: (() => unknown)[] = [];
  let finishing = false;

  async function finish(code: number): Promise<void> {
    if (finishing) return;
    finishing = true;
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        console.error((error as Error).message);
      }
    }
    if (keep(code)) console.log(`what its processes said is in ${dir}`);
    else rmSync(dir, { recursive: true, force: true });
    process.exit(code);
  }

  process.once('SIGINT', () => void finish(130));
  process.once('SIGTERM', () => void finish(143));
  try {
    await finish(await work({ dir, atEnd: (end) => ends.push(end) }));
  } catch (error) {
    // What is taken away under a command that is ending fails.
    if (!finishing) console.error(`It could not be done: ${(error as Error).message}`);
    await finish(2);
  }
}
