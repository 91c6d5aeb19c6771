/** `npm run import`: a spreadsheet of any length into a running shop, in parts, told by the line numbers of the file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csvLine } from '../src/platform/csv.ts';
import { cut } from '../src/platform/csv-parts.ts';
import { readCsv } from '../src/platform/csv-read.ts';
import { ADMIN, startTestShop, type TestShop } from './harness.ts';
import { startProcess } from './process.ts';

describe('a file that is cut', () => {
  const KIND = { key: 'id', same: String, maxBytes: 2 * 1024 * 1024 };
  const cell = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', '\n', '\r\n', ' ') });
  test('has every record in one part, under the number that it has in the file', () => {
    const rows = fc.array(fc.record({ id: fc.nat(30), text: cell, gap: fc.constantFrom('', '\n', '\r\n\n') }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), (rows, most, bytes) => {
        const text = `id,text\n${rows.map(({ id, text, gap }) => `${gap}${csvLine([`P${id}`, text])}`).join('')}`;
        const { parts, refused } = cut(text, KIND, most, bytes);
        const found = parts.flatMap((part) => {
          const [head, ...records] = readCsv(part.text).records;
          expect(head?.cells).toEqual(['id', 'text']);
          expect(records).toHaveLength(part.lines);
          expect(records.length).toBeLessThanOrEqual(most);
          return records.map(({ line, cells }) => ({ line: line + part.shift, cells }));
        });
        const whole = readCsv(text).records.slice(1);
        const again = new Set(refused.map(({ line }) => line));
        expect(found).toEqual(whole.filter(({ line }) => !again.has(line)).map(({ line, cells }) => ({ line, cells })));
        const ids = whole.map(({ cells }) => cells[0]);
        expect(again.size).toBe(ids.length - new Set(ids).size);
      }),
    );
  });

  const told = (text: string, kind = KIND, bytes = 100) => {
    const { parts, refused } = cut(text, kind, 10, bytes);
    for (const part of parts) expect(Buffer.byteLength(part.text)).toBeLessThanOrEqual(kind.maxBytes);
    const sent = parts.flatMap(({ text, shift }) =>
      readCsv(text)
        .records.slice(1)
        .map(({ line, cells }) => `${line + shift} ${cells[0]}`),
    );
    return { sent, refused: refused.map(({ line, id, errors }) => `${line} ${id}: ${errors[0]?.detail}`) };
  };

  test('has none that cannot be read, and what one of them swallows is not sent', () => {
    const swallowed = 'P9,x\n'.repeat(200);
    expect(told(`id,text\nP1,a"b\nP2,b\nP2,c\nP3,"d\n${swallowed}`)).toEqual({
      sent: ['3 P2'],
      refused: [
        '2 P1: has a quotation mark in the middle of a cell: put the cell in quotation marks and double it',
        '4 P2: is in line 3 already',
        '5 P3: has a quotation mark that is never closed',
      ],
    });
    expect(() => told(`id,"text\nP1,a\n`)).toThrow('the first line has a quotation mark that is never closed');
  });

  test('has none that is more than the shop takes at once, nor so many empty ones', () => {
    const kind = { ...KIND, maxBytes: 300 };
    const text = `id,text\nP1,a\nP2,${'ä'.repeat(150)}\n${',\n'.repeat(400)}P3,"${'\n'.repeat(400)}"\nP4,b\n`;
    expect(told(text, kind, 1000)).toEqual({
      sent: ['2 P1', '805 P4'],
      refused: [3, 404].map((line, i) => expect.stringMatching(`^${line} P${i + 2}: is too long: .* 300 bytes`)),
    });
  });
});

describe('a running shop', () => {
  let shop: TestShop;
  let dir: string;
  beforeAll(async () => {
    shop = await startTestShop();
    dir = await mkdtemp(join(tmpdir(), 'tradewind-import-'));
  });
  afterAll(async () => {
    await shop?.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function runWith(kind: string, file: string, args: string[]) {
    const path = join(dir, 'products.csv');
    await writeFile(path, file);
    const env = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password };
    const command = startProcess([`--${kind}=${path}`, `--url=${shop.url}`, ...args], env, 'dist/src/import.js');
    const code = await command.ended;
    return { code, said: command.output() };
  }

  const run = (file: string, ...args: string[]) => runWith('products', file, args);

  const lines = Array.from({ length: 450 }, (_, i) => `LONG-${i},"Long\n${i}",${i}.50,5\n`);
  const FILE = `product_id,description,price,stock\n${lines.join('')}`
    .replace('price,stock', 'price,stock,name')
    .replaceAll(',5\n', ',5,Long\n');

  test('takes a long file in parts, and sells what was in it; again, it changes nothing', async () => {
    const first = await run(FILE);
    expect(first).toMatchObject({
      code: 0,
      said: expect.stringContaining('450 new, 0 changed, 0 as they were, 0 refused'),
    });
    expect(first.said).toMatch(/▸ 200 of 450 lines\n▸ 400 of 450 lines\n/);
    await shop.quiet();
    const order = await shop.place({ items: [{ product_id: 'LONG-449', quantity: 5 }] });
    await shop.until(order, 'confirmed');
    const again = await run(FILE);
    expect(again).toMatchObject({
      code: 0,
      said: expect.stringContaining('0 new, 0 changed, 450 as they were, 0 refused'),
    });
  }, 60_000);

  test('names lines by their numbers in the file, in whatever part they are, and tries without changing anything', async () => {
    const file = FILE.replace('LONG-440', 'LONG-1').replace('441.50', 'much').replace('9.50', '9.75');
    const tried = await run(file, '--dry-run');
    expect(tried.code).toBe(1);
    // Each record is two lines.
    expect(tried.said).toContain('  line 20: LONG-9 changes: price "9.50" → "9.75"\n');
    expect(tried.said).toContain('✗ line 882 (LONG-1): product_id is in line 4 already\n');
    expect(tried.said).toMatch(/✗ line 884 \(LONG-441\): price must be a decimal amount/);
    expect(tried.said).toContain('Nothing was done. It would be: 0 new, 1 changed, 447 as they were, 2 refused\n');
    const report = JSON.parse((await run(file, '--dry-run', '--json')).said.replace(/^▸.*\n/gm, ''));
    expect(report).toMatchObject({ dry_run: true, lines: 450, changed: 1, unchanged: 447, refused: 2 });
  }, 60_000);

  test.each<[string, string[], number, RegExp]>([
    ['a file of something else', [], 1, /The request has faults \(422\)\n {2}product_id is needed/],
    ['no admin', ['--token=nobody'], 1, /A valid access token is needed/],
    ['a flag that there is not', ['--products'], 2, /--help shows the usage/],
    ['a look at its usage', ['--help'], 0, /^npm run import -- --products=FILE \| --customers=FILE/],
  ])('%s', async (_, args, code, said) => {
    expect(await run('x,y\n1,2\n', ...args)).toEqual({ code, said: expect.stringMatching(said) });
  });

  test('takes customers, tells nobody, and the shop knows where to reach them', async () => {
    const file =
      'email,name,line1,city,country\nAda@Example.com,Ada,Here 1,London,GB\nbad,Bob,,,\nada@example.com,Again,,,\n';
    const { code, said } = await runWith('customers', file, []);
    expect(code).toBe(1);
    expect(said).toMatch(/✗ line 3 \(bad\): email must be an e-mail address/);
    expect(said).toContain(
      '✗ line 4 (ada@example.com): email is in line 2 already\n1 new, 0 changed, 0 as they were, 2 refused\n',
    );
    await shop.quiet();
    expect(await shop.mails('ada@example.com')).toEqual([]);
    expect(await shop.query('notifications', `select name from customers where email = 'ada@example.com'`)).toEqual([
      { name: 'Ada' },
    ]);
  }, 30_000);
});
