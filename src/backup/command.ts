/** What `npm run backup` and `npm run restore` have in common: flags, help, and how they end. */
import { ConfigError, processSettings, type Settings } from '../config.ts';

export interface Command {
  /** The one flag with a value that it needs, for example `--to`. */
  needs: string;
  /** Its other flags. */
  own?: readonly string[];
  usage: string;
}

/** The process ends with 0 when the work is done, with 1 when it could not be, with 2 when it was called wrongly. */
export async function run(
  args: readonly string[],
  { needs, own = [], usage }: Command,
  work: (settings: Settings, value: string, flags: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return console.log(usage);
  try {
    const named = args.filter((argument) => argument.startsWith(`${needs}=`));
    const flags = args.filter((argument) => own.includes(argument));
    const rest = args.filter((argument) => !named.includes(argument) && !flags.includes(argument));
    const settings = processSettings(rest, ['--help', needs, ...own]);
    const value = named.at(-1)?.slice(needs.length + 1) ?? '';
    if (!value) throw new ConfigError([`${needs}=… is needed; --help shows the usage`]);
    await work(settings, value, new Set(flags));
  } catch (error) {
    const misused = error instanceof ConfigError;
    console.error(misused ? error.message : `It could not be done: ${(error as Error).message}`);
    process.exitCode = misused ? 2 : 1;
  }
}

export const sizeOf = (bytes: number) =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
