/** Whose fault it is that a picture cannot be read. That pictures are drawn is tested with the uploads. */
import pino from 'pino';
import { expect, test } from 'vitest';
import { picture } from '../../../test/pictures.ts';
import type { Decoded, StudioOptions } from './studio.ts';
import { createStudio } from './studio.ts';

function studio(decode?: StudioOptions['decode']) {
  const lines: { level: number; msg: string; why?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { lines, ...createStudio({ log, ...(decode && { decode }) }) };
}
const [INFO, ERROR] = [30, 50];

// Words of libvips, libjpeg, libpng and sharp.
test.each([
  'timeout: 47% complete',
  'vips_tracked: out of memory -- size == 36MB',
  'VipsJpeg: Insufficient memory (case 4)',
  'unable to allocate read buffer',
])('what this machine could not do (%s) is not said of the picture, and is logged as an error', async (message) => {
  const { render, lines } = studio(() => Promise.reject(new Error(`pngload_buffer: started\n${message}`)));
  expect(await render(await picture().png().toBuffer())).toMatchObject({
    rejected: { status: 503 },
    headers: { 'retry-after': '5' },
  });
  expect(lines).toMatchObject([{ level: ERROR }]);
});

test('what is no picture is refused, and logged with what was found wrong', async () => {
  const { render, lines } = studio();
  const whole = await picture().jpeg().toBuffer();
  expect(await render(whole.subarray(0, 100))).toMatchObject({ rejected: { status: 422 } });
  expect(lines).toMatchObject([{ level: INFO, why: expect.stringContaining('premature end') }]);
});

test('what fails while our own pixels are drawn is thrown: nobody’s upload is to blame', async () => {
  const short: Decoded = { width: 9, height: 9, data: Buffer.alloc(10), raw: { width: 9, height: 9, channels: 3 } };
  const { render } = studio(async () => short);
  await expect(render(await picture().png().toBuffer())).rejects.toThrow();
  // Its place is free again.
  await expect(render(await picture().png().toBuffer())).rejects.toThrow();
  await expect(render(await picture().png().toBuffer())).rejects.toThrow();
});
