/**
 * Writes docs/generated and deploy/dashboards. With --check tells what is out of date, and what breaks the events of the last release; with
 * --release records today's events as those of this release.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { dashboardFiles } from './dashboards/files.ts';
import { describeEvents, generatedDocuments, VERSION } from './documents.ts';
import { licencesDocument } from './licences.ts';
import { type Break, breaksOf, type ReleasedEvents } from './platform/compatibility.ts';

const USAGE = `npm run docs -- [--check | --release [--breaking]]

Writes docs/generated from the contracts and the settings.

  --check      writes nothing; tells what is out of date, and what breaks the events of the last release
  --release    also records today's events as those of this release, which all that come later are compared with
  --breaking   records them even if they break the last ones: everything that reads or sends them is changed at once

Ends with 1 when something is out of date or broken, with 2 for wrong usage.`;

const FOLDER = 'docs/generated';
const DASHBOARDS = 'deploy/dashboards';
const RELEASED = 'docs/released/events.json';

function main(): number {
  const flags = readFlags();
  if (typeof flags === 'string') {
    console.error(`${flags}; --help shows the usage`);
    return 2;
  }
  if (flags.help) {
    console.log(USAGE);
    return 0;
  }
  const { check = false, release = false, breaking = false } = flags;
  const released = readReleased();
  const breaks = breaksOf(released?.events ?? {}, describeEvents());
  const stale = generate(check);
  if ((check || release) && breaks.length > 0 && !breaking) {
    console.log(report(breaks, released?.version ?? ''));
    return 1;
  }
  if (release) return record(released);
  return check && stale ? 1 : 0;
}

function readFlags() {
  const flag = { type: 'boolean' } as const;
  try {
    const options = { check: flag, release: flag, breaking: flag, help: { ...flag, short: 'h' } } as const;
    const { values } = parseArgs({ options });
    if (values.check && values.release) return '--check writes nothing, and --release does';
    return values.breaking && !values.release ? '--breaking goes with --release' : values;
  } catch (error) {
    return (error as Error).message.split('. ')[0] as string;
  }
}

/** True when something is, or was, out of date. */
function generate(check: boolean): boolean {
  const stale = [...within(FOLDER, documents()), ...within(DASHBOARDS, dashboardFiles())].filter(
    ({ path, content }) => read(path) !== content,
  );
  for (const { path, content } of stale) {
    if (!check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    console.log(check ? `${path} is out of date: run npm run docs` : `wrote ${path}`);
  }
  return stale.length > 0;
}

function documents(): Record<string, string> {
  const lock = read('package-lock.json');
  return { ...generatedDocuments(), ...(lock && { 'licences.md': licencesDocument(lock) }) };
}

const within = (folder: string, files: Record<string, string>) =>
  Object.entries(files).map(([name, content]) => ({ path: `${folder}/${name}`, content }));

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readReleased(): { version: string; events: ReleasedEvents } | undefined {
  const text = read(RELEASED);
  return text === undefined ? undefined : JSON.parse(text);
}

function report(breaks: readonly Break[], version: string): string {
  const lines = breaks.map(({ event, pointer, what }) => `  ${event} ${pointer} ${what}`);
  return [
    `Events of release ${version} are broken:`,
    ...lines,
    'A breaking change is an event of another name: docs/new-service.md tells how.',
  ].join('\n');
}

function record(released: ReturnType<typeof readReleased>): number {
  const text = `${JSON.stringify({ version: VERSION, events: describeEvents() }, null, 2)}\n`;
  if (text === read(RELEASED)) {
    console.log(`the events of ${VERSION} are recorded already`);
    return 0;
  }
  if (released?.version === VERSION) {
    console.log(
      `${VERSION} is released already, with other events: the next release has another number (src/documents.ts)`,
    );
    return 1;
  }
  mkdirSync('docs/released', { recursive: true });
  writeFileSync(RELEASED, text);
  console.log(`recorded the events of ${VERSION} in ${RELEASED}`);
  return 0;
}

process.exitCode = main();
