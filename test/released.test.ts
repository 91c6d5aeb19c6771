/** Events as they were released: what is sent today can be read by yesterday's services, and the other way round. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeEvents, VERSION } from '../src/documents.ts';
import { breaksOf, type ReleasedEvents } from '../src/platform/compatibility.ts';

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
