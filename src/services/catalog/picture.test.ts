import { describe, expect, test } from 'vitest';
import { formatOf, tooManyPixels } from './picture.ts';

const begins = (...parts: (string | number[])[]) =>
  Buffer.concat([...parts.map((part) => Buffer.from(part as string, 'latin1')), Buffer.alloc(32)]);

describe('a picture is known by its first bytes', () => {
  test.each([
    ['jpeg', begins([0xff, 0xd8, 0xff, 0xe1])],
    ['png', begins('\x89PNG\r\n\x1a\n')],
    ['webp', begins('RIFF1234WEBPVP8 ')],
    ['gif', begins('GIF89a')],
    ['gif', begins('GIF87a')],
    ['avif', begins([0, 0, 0, 28], 'ftypavif')],
    ['avif', begins([0, 0, 0, 28], 'ftypavis')],
    ['avif', begins([0, 0, 0, 32], 'ftypmif1', [0, 0, 0, 0], 'mif1miafavif')],
  ])('%s', (format, bytes) => {
    expect(formatOf(bytes)).toBe(format);
  });

  test.each([
    ['an SVG', begins('<svg xmlns="http://www.w3.org/2000/svg">')],
    ['a sound', begins('RIFF1234WAVEfmt ')],
    ['a film', begins([0, 0, 0, 28], 'ftypisom')],
    ['a HEIC picture', begins([0, 0, 0, 28], 'ftypmif1', [0, 0, 0, 0], 'mif1miafheic')],
    ['a film that says avif after its brands', begins([0, 0, 0, 20], 'ftypisom', [0, 0, 0, 0], 'mp42avif')],
    ['a PDF', begins('%PDF-1.7')],
    ['nothing', Buffer.alloc(0)],
    ['too little', Buffer.from([0xff, 0xd8, 0xff])],
  ])('%s is none', (_what, bytes) => {
    expect(formatOf(bytes)).toBeUndefined();
  });
});

test.each([
  [12_000, 3_333, false],
  [12_001, 1, true],
  [1, 12_001, true],
  [8_000, 5_000, false],
  [8_000, 5_001, true],
])('%i × %i pixels: too many is %s', (width, height, tooMany) => {
  expect(tooManyPixels(width, height) !== undefined).toBe(tooMany);
});
