import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../test/csv.ts';
import { cellText, csvLine } from './csv.ts';
import { readCsv } from './csv-read.ts';

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', ',', '\r', '\n', '=', '+', '-', '@', '\t', ' ', "'", '1', '.', 'a', '\ufeff'),
  }),
);
const DANGEROUS = /^[=+\-@\t\r\n]/;

describe('a line of a spreadsheet', () => {
  test('reads back as what was written, but for an apostrophe before what looks like a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 1, maxLength: 6 }), { maxLength: 5 }), (rows) => {
        const read = parseCsv(rows.map(csvLine).join(''));
        expect(read.map((row) => row.length)).toEqual(rows.map((row) => row.length));
        for (const [i, row] of rows.entries()) {
          for (const [j, cell] of row.entries()) expect([cell, `'${cell}`]).toContain(read[i]?.[j]);
        }
      }),
    );
  });

  test('has no cell that a spreadsheet would calculate', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1 }), (cells) => {
        for (const cell of parseCsv(csvLine(cells))[0] ?? []) {
          if (DANGEROUS.test(cell)) expect(cell).toMatch(/^[+-]?\d+(\.\d+)?$/);
          if (DANGEROUS.test(cell.trimStart())) expect(cell).toMatch(/^[+-]?\d+(\.\d+)?$/);
        }
      }),
    );
  });

  test.each([
    ['=HYPERLINK("https://evil.example")', `"'=HYPERLINK(""https://evil.example"")"`],
    ['+46 70 123', `'+46 70 123`],
    ['-2+3', `'-2+3`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\t=1', `'\t=1`],
    ['  =1', `'  =1`],
    ['\uff1d1', `'\uff1d1`],
    ['\r\nx', `"'\r\nx"`],
    ['-12.50', '-12.50'],
    ['+4670123', '+4670123'],
    ['-', `'-`],
    ['a=b', 'a=b'],
    ["O'Neill", "O'Neill"],
    ['2× Mug; 1× "Lamp"', '"2× Mug; 1× ""Lamp"""'],
  ])('writes %j as %j', (cell, written) => {
    expect(csvLine([cell])).toBe(`${written}\r\n`);
  });

  test('has numbers as they are, and nothing for nothing', () => {
    expect(csvLine([1, -2, null, undefined, '', 0])).toBe('1,-2,,,,0\r\n');
  });
});

describe('what was written', () => {
  test('is read back exactly, by the reader for imports', () => {
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const solid = rows.filter((row) => row.some((cell) => cell !== ''));
        const { records } = readCsv(`a,b\r\n${solid.map(csvLine).join('')}`);
        expect(records.slice(1).map(({ cells, fault }) => fault ?? cells.map(cellText))).toEqual(solid);
      }),
    );
  });
});

describe('the reader for imports', () => {
  const cells = (text: string) => readCsv(text).records.map(({ line, cells, fault }) => [line, fault ?? cells]);
  const head = [1, ['a', 'b']];
  const middle = 'has a quotation mark in the middle of a cell: put the cell in quotation marks and double it';

  test.each<[string, string, unknown[]]>([
    ['commas', 'a,b\n1,2\n', [head, [2, ['1', '2']]]],
    ['semicolons, as Excel writes them in many countries', 'a;b\r\n1,5;2\r\n', [head, [2, ['1,5', '2']]]],
    ['tabs', 'a\tb\r1\t2', [head, [2, ['1', '2']]]],
    ['a byte order mark', '\ufeffa,b', [head]],
    ['empty lines and lines of empty cells, which are none', 'a,b\n\n,\n1,2\n\n', [head, [4, ['1', '2']]]],
    ['lines inside cells', 'a,b\n"1\n\n1",2\n3,4', [head, [2, ['1\n\n1', '2']], [5, ['3', '4']]]],
    ['quotes inside quotes', 'a,b\n"say ""x""",2', [head, [2, ['say "x"', '2']]]],
    ['a quote in the middle, alone', 'a,b\n1"2,3\n5" pipe,4\n7,8', [head, [2, middle], [3, middle], [4, ['7', '8']]]],
    [
      'something after a closing quote',
      'a,b\n"1"x,2\n3,4',
      [head, [2, 'has something after the closing quotation mark of a cell'], [3, ['3', '4']]],
    ],
    [
      'a quote that is never closed',
      'a,b\n1,2\n"3,4\n5,6\n',
      [head, [2, ['1', '2']], [3, 'has a quotation mark that is never closed']],
    ],
  ])('knows %s', (_, text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  test('says where each record is in the text', () => {
    const text = '\ufeffa,b\r\n"1\n",2\r\n\r\n3,4';
    const parts = readCsv(text).records.map(({ start, end }) => text.slice(start, end));
    expect(parts).toEqual(['a,b\r\n', '"1\n",2\r\n', '3,4']);
  });
});
