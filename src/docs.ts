/** Writes docs/generated, or with --check tells what is out of date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { generatedDocuments } from './documents.ts';

const FOLDER = 'docs/generated';
const check = process.argv.includes('--check');
const read = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

mkdirSync(FOLDER, { recursive: true });
const stale: string[] = [];
for (const [name, content] of Object.entries(generatedDocuments())) {
  const path = `${FOLDER}/${name}`;
  if (read(path) === content) continue;
  stale.push(path);
  if (!check) writeFileSync(path, content);
}
for (const path of stale) console.log(check ? `${path} is out of date: run npm run docs` : `wrote ${path}`);
if (check && stale.length > 0) process.exitCode = 1;
