import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../test/csv.ts';
import { csvLine } from './csv.ts';

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
