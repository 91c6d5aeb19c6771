/**
 * A new service as files: contract, handlers, store, migration, tests. It is found by its folder, so no other file grows.
 * All that stands against a name is said at once, and nothing is written before nothing does.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeSettings, settingsOf } from '../config.ts';
import { ENDPOINTS, SERVICES } from '../contracts/registry.ts';

const FORM = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST = 30;
const FIRST_PORT = 8006;
const TEMPLATES = new URL('./template/', import.meta.url);
/** What a service serves itself, and what a process can be told to run. */
const RESERVED = ['all', 'gateway', 'api', 'health', 'metrics', 'docs', 'openapi.json'];

/** Every reason why no service can be called so in the project at `root`. */
export function faultsOf(root: string, name: string): string[] {
  const faults: string[] = [];
  if (!FORM.test(name)) {
    faults.push(
      'a name is small letters and digits, begins with a letter, and may have single dashes inside: gift-cards',
    );
  }
  if (name.length < 2 || name.length > LONGEST) faults.push(`a name has 2 to ${LONGEST} characters`);
  if (faults.length > 0) return faults;
  const known = SERVICES.includes(name as never);
  if (known) faults.push(`there is a service ${name} already`);
  if (RESERVED.includes(name)) faults.push(`${name} means something else already`);
  if (!known) {
    const settings = new Set(describeSettings().map((one) => one.name));
    for (const setting of Object.values(settingsOf(name))) {
      if (settings.has(setting)) faults.push(`${setting}, a setting that it would have, is another's`);
    }
    const address = addressOf(name);
    if (address) faults.push(`its address would be that of ${address}`);
  }
  for (const path of Object.keys(filesOf(name, FIRST_PORT))) {
    if (existsSync(join(root, path))) faults.push(`${path} is there already`);
  }
  const folder = `src/services/${name}`;
  if (existsSync(join(root, folder)) && readdirSync(join(root, folder)).length > 0)
    faults.push(`${folder} is not empty`);
  return faults;
}

/** The endpoint that has `/{name}` at a service or `/api/{name}` at the gateway; undefined when none has. */
function addressOf(name: string): string | undefined {
  const taken = [`/${name}`, `/api/${name}`];
  const isTaken = (path: string) => taken.some((one) => path === one || path.startsWith(`${one}/`));
  return ENDPOINTS.find(({ path, publicPaths }) => [path, ...publicPaths].some(isTaken))?.name;
}

/** The first port that no part of the shop has by default. */
export function freePort(): number {
  const taken = new Set(
    describeSettings().flatMap(({ name, fallback }) => (name.startsWith('PORT_') ? [fallback] : [])),
  );
  let port = FIRST_PORT;
  while (taken.has(String(port))) port += 1;
  return port;
}

/** Path → content. */
export function filesOf(name: string, port: number): Record<string, string> {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`;
  const fill = (template: string) =>
    readFileSync(new URL(`${template}.txt`, TEMPLATES), 'utf8')
      .replaceAll('__name__', name)
      .replaceAll('__Title__', title)
      .replaceAll('__PORT__', String(port));
  const folder = `src/services/${name}`;
  return {
    [`src/contracts/${name}.ts`]: fill('contract.ts'),
    [`${folder}/service.ts`]: fill('service.ts'),
    [`${folder}/handlers.ts`]: fill('handlers.ts'),
    [`${folder}/points.ts`]: fill('points.ts'),
    [`${folder}/routes.ts`]: fill('routes.ts'),
    [`${folder}/store.ts`]: fill('store.ts'),
    [`${folder}/migrations/001_points.sql`]: fill('migration.sql'),
    [`${folder}/${name}.test.ts`]: fill('service.test.ts'),
    [`test/access/${name}.ts`]: fill('access.ts'),
  };
}

/** Writes them. Never over a file that is there. */
export function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { flag: 'wx' });
  }
}
