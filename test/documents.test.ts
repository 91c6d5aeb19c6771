/** What the documents name is there: commands, files, links, addresses, settings. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../src/config.ts';
import { ENDPOINTS } from '../src/contracts/registry.ts';

const FILES = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const texts = FILES.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** `file: found` for all that is found and is not so. */
const faults = (pattern: RegExp, isRight: (found: string, file: string) => boolean, from = texts) =>
  from.flatMap(({ file, text }) =>
    [...text.matchAll(pattern)].flatMap(([, found = '']) => (isRight(found, file) ? [] : [`${file}: ${found}`])),
  );

/** GitHub's: small letters, no punctuation, hyphens for spaces. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('documents', () => {
  test('are found', () => {
    expect(FILES).toEqual(expect.arrayContaining(['README.md', join('docs', 'architecture.md')]));
  });

  test('name commands that there are', () => {
    const run = (name: string) => name in scripts;
    expect(faults(/npm run ([a-z][a-z:]*)/g, run)).toEqual([]);
  });

  test('link to what is there, down to the heading', () => {
    const leads = (target: string, file: string) => {
      if (/^[a-z]+:/.test(target)) return true;
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : join(dirname(file), path);
      if (!existsSync(to)) return false;
      return anchor === undefined || anchorsOf(readFileSync(to, 'utf8')).includes(anchor);
    };
    expect(faults(/\]\(([^)\s]+)\)/g, leads)).toEqual([]);
  });

  test('name files and folders that there are', () => {
    const named = /`((?:src|test|deploy|docs|simulator|chaos|bench|races|web|scripts)\/[\w./-]+)`/g;
    const isThere = (path: string) => existsSync(path) || existsSync(join('web', path)) || path.includes('loyalty');
    expect(faults(named, isThere)).toEqual([]);
  });

  test('name addresses of the API that there are', () => {
    // `{service}` stands for each of them, where every service has the same.
    const asPattern = (path: string) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`);
    const known = ENDPOINTS.flatMap(({ method, publicPaths }) => publicPaths.map((path) => `${method} ${path}`));
    const isKnown = (found: string) => {
      const bare = found.replace(/\?.*$/, '');
      return known.some((one) => asPattern(one).test(bare) || asPattern(bare).test(one)) || bare === 'GET /api/health';
    };
    expect(faults(/`((?:GET|POST|PUT|PATCH|DELETE) \/api\/[^\s`…]*)`/g, isKnown)).toEqual([]);
  });

  test('name settings that there are', () => {
    const settings = Object.keys(readSettings({ env: {}, dotenv: '', flags: [] }));
    const ours =
      /\b((?:PORT|PAYMENT|STOCK|ADMIN|AUDIT|SMTP|MAIL|RATE_LIMIT|LOG|OTEL|WEBHOOKS|SIGNING|AZURE|STRIPE|TWILIO|SESSION|TOKEN)_[A-Z_]+[A-Z])=/g;
    const from = texts.filter(({ file }) => !file.includes('seeds'));
    expect(faults(ours, (name) => settings.includes(name), from)).toEqual([]);
  });
});
