/** Writes docs/generated and deploy/dashboards, or with --check tells what is out of date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { dashboardFiles } from './dashboards/files.ts';
import { generatedDocuments } from './documents.ts';

const check = process.argv.includes('--check');
const read = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
const within = (folder: string, files: Record<string, string>) =>
  Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content] as const);

const stale: string[] = [];
for (const [path, content] of [
  ...within('docs/generated', generatedDocuments()),
  ...within('deploy/dashboards', dashboardFiles()),
]) {
  if (read(path) === content) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
for (const path of stale) console.log(check ? `${path} is out of date: run npm run docs` : `wrote ${path}`);
if (check && stale.length > 0) process.exitCode = 1;
