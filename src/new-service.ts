/** `npm run new:service -- loyalty`: a service of that name, with a test, that the shop finds by itself. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { settingsOf } from './config.ts';
import { faultsOf, filesOf, freePort, writeFiles } from './scaffold/scaffold.ts';

const USAGE = `npm run new:service -- NAME

Makes a small service that works: it hears of orders, keeps points for them in a database of its own, and answers for them.
Make of it what you need; docs/new-service.md tells how. NAME is small letters, digits and dashes: loyalty, gift-cards.
No other file changes. Ends with 0 when it is made, 2 when it cannot be.`;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const wanted = nameIn(args);
  if (wanted === 'help') {
    console.log(USAGE);
    return 0;
  }
  if ('fault' in wanted) {
    console.error(`${wanted.fault}; --help shows the usage`);
    return 2;
  }
  const { name } = wanted;
  const faults = faultsOf(process.cwd(), name);
  if (faults.length > 0) {
    console.error(
      [`No service can be called ${JSON.stringify(name)}:`, ...faults.map((one) => `  - ${one}`)].join('\n'),
    );
    return 2;
  }
  const port = freePort();
  const files = filesOf(name, port);
  writeFiles(process.cwd(), files);
  format(Object.keys(files));
  console.log(report(name, port, Object.keys(files)));
  return 0;
}

function nameIn(args: readonly string[]): { name: string } | { fault: string } | 'help' {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) return 'help';
    const [name] = positionals;
    return name !== undefined && positionals.length === 1 ? { name } : { fault: 'one name, please' };
  } catch (error) {
    return { fault: (error as Error).message.split('. ')[0] as string };
  }
}

/** Where lines break, and the order of imports, depends on the name. */
function format(paths: readonly string[]): void {
  const sources = paths.filter((path) => path.endsWith('.ts'));
  const { status, stderr } = spawnSync('node_modules/.bin/biome', ['check', '--write', ...sources], {
    encoding: 'utf8',
  });
  if (status !== 0)
    console.error(`the files are written, but could not be formatted: ${stderr || 'biome did not run'}`);
}

function report(name: string, port: number, paths: readonly string[]): string {
  const setting = settingsOf(name);
  const next = {
    [`npm test -- src/services/${name}`]: 'its own tests, on a real database',
    'npm start': `the shop, with ${name} in it`,
    'npm run docs': 'the documents, with its endpoints and settings in them',
  };
  const width = Math.max(...Object.keys(next).map((command) => command.length));
  return `Made the service ${name}:

${paths.map((path) => `  ${path}`).join('\n')}

It listens on port ${port} (${setting.port}), keeps its rows in a database of its own (${setting.database}), and
customers read their points at /api/${name}/{customer_id}. Next:

${Object.entries(next)
  .map(([command, does]) => `  ${command.padEnd(width)}   ${does}`)
  .join('\n')}
`;
}
