/** Events as they were released: what is sent today can be read by yesterday's services, and the other way round. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeEvents, VERSION } from '../src/documents.ts';
import { breaksOf, type ReleasedEvents } from '../src/platform/compatibility.ts';
import { startProcess } from './process.ts';

const file = new URL('../docs/released/events.json', import.meta.url);
const { version, events } = JSON.parse(readFileSync(file, 'utf8')) as { version: string; events: ReleasedEvents };

test('no event of the last release is broken: a breaking change is an event of another name', () => {
  const breaks = breaksOf(events, describeEvents()).map(({ event, pointer, what }) => `${event} ${pointer} ${what}`);
  expect(breaks).toEqual([]);
});

test('the last release is one that was, with its events in it', () => {
  const number = (text: string) =>
    text
      .split('.')
      .map((part) => part.padStart(6, '0'))
      .join('.');
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(number(version) <= number(VERSION)).toBe(true);
  expect(Object.keys(events)).toContain('order.confirmed');
});

test('its number is the package’s', () => {
  const { version: ofPackage } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(ofPackage).toBe(VERSION);
});

describe('npm run docs, in a folder of its own', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tradewind-release-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const recorded = () => JSON.parse(readFileSync(join(dir, 'docs/released/events.json'), 'utf8'));
  function released(version: string, events: object): void {
    mkdirSync(join(dir, 'docs/released'), { recursive: true });
    writeFileSync(join(dir, 'docs/released/events.json'), JSON.stringify({ version, events }));
  }
  async function docs(...flags: string[]) {
    const run = startProcess(flags, {}, resolve('dist/src/docs.js'), dir);
    return { code: await run.ended, said: run.output() };
  }
  const gone = { 'order.praised': { ...events['order.placed'] } };

  test('records the events of a release, once', async () => {
    expect(await docs('--release')).toMatchObject({
      code: 0,
      said: expect.stringContaining(`recorded the events of ${VERSION}`),
    });
    expect(recorded()).toEqual({ version: VERSION, events: describeEvents() });
    expect(await docs('--release')).toMatchObject({ code: 0, said: expect.stringContaining('recorded already') });
    expect(await docs('--check')).toMatchObject({ code: 0 });
  });

  test('refuses to record, and to pass, what breaks the last release, unless it is meant', async () => {
    released('0.0.9', { ...events, ...gone });
    const broken = 'order.praised  is gone: whoever listens waits for ever';
    for (const flag of ['--release', '--check']) {
      expect(await docs(flag)).toMatchObject({ code: 1, said: expect.stringContaining(broken) });
    }
    expect(recorded().version).toBe('0.0.9');
    expect(await docs('--release', '--breaking')).toMatchObject({ code: 0 });
    expect(recorded().version).toBe(VERSION);
  });

  test('leaves what was released as it was', async () => {
    released(VERSION, {});
    expect(await docs('--release')).toMatchObject({ code: 1, said: expect.stringContaining('released already') });
    expect(recorded().events).toEqual({});
  });

  test('refuses flags that contradict each other', async () => {
    expect(await docs('--check', '--release')).toMatchObject({ code: 2 });
    expect(await docs('--breaking')).toMatchObject({ code: 2, said: expect.stringContaining('goes with --release') });
  });
});
