import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { newId } from './clock.ts';
import { event } from './contract.ts';
import type { StoredEvent } from './message.ts';
import { decodeBatch, encodeBatch, MAX_EVENT_BYTES, storedEvent } from './message.ts';

const ThingDone = event('thing.done', {
  publisher: 'maker',
  summary: '',
  data: Type.Object({ thing_id: Type.String(), text: Type.Optional(Type.String()) }),
  subject: 'thing_id',
});
const NOW = new Date('2026-03-01T12:00:00.000Z');
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

describe('making a message', () => {
  test('fills the envelope from the contract, the clock and the cause', () => {
    expect(storedEvent('maker', ThingDone, { thing_id: 't-1' }, NOW, { traceparent: TRACE })).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'thing.done',
      source: 'maker',
      subject: 't-1',
      time: '2026-03-01T12:00:00.000Z',
      traceparent: TRACE,
      data: '{"thing_id":"t-1"}',
    });
  });

  test('of another room is refused', () => {
    expect(() => storedEvent('taker', ThingDone, { thing_id: 't-1' }, NOW)).toThrow('belongs to maker');
  });

  test('that breaks its contract is refused', () => {
    expect(() => storedEvent('maker', ThingDone, {} as never, NOW)).toThrow('/thing_id');
  });

  test('of more than 64 KiB is refused: bytes count, not characters', () => {
    const of = (text: string) => storedEvent('maker', ThingDone, { thing_id: 't', text }, NOW);
    const envelope = Buffer.byteLength(of('').data);
    expect(of('x'.repeat(MAX_EVENT_BYTES - envelope)).data).toHaveLength(MAX_EVENT_BYTES);
    expect(() => of('x'.repeat(MAX_EVENT_BYTES - envelope + 1))).toThrow('64 KiB');
    expect(() => of('€'.repeat(MAX_EVENT_BYTES / 2))).toThrow('64 KiB');
  });
});

describe('on the wire', () => {
  const stored = (more: Partial<StoredEvent> = {}): StoredEvent => ({
    ...storedEvent('maker', ThingDone, { thing_id: 't-1' }, NOW),
    ...more,
  });

  test('is a batch of CloudEvents 1.0', () => {
    const one = stored({ traceparent: TRACE });
    expect(JSON.parse(encodeBatch([one]).toString())).toEqual([
      {
        specversion: '1.0',
        id: one.id,
        source: '/tradewind/maker',
        type: 'thing.done',
        subject: 't-1',
        time: one.time,
        datacontenttype: 'application/json',
        dataschema: 'urn:tradewind:event:thing.done',
        traceparent: TRACE,
        data: { thing_id: 't-1' },
      },
    ]);
  });

  test('comes back as it went', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.replaceAll('\0', ''));
    const any: fc.Arbitrary<StoredEvent> = fc.record({
      id: fc.constant(null).map(() => newId()),
      type: text,
      source: text,
      subject: text,
      time: fc
        .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((one) => one.toISOString()),
      traceparent: fc.constantFrom(null, TRACE),
      data: fc.jsonValue().map((value) => JSON.stringify(value)),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (events) => {
        expect(decodeBatch(encodeBatch(events))).toEqual(events);
      }),
    );
  });

  const envelope = (more: Record<string, unknown>) =>
    JSON.stringify([{ ...JSON.parse(encodeBatch([stored()]).toString())[0], ...more }]);

  test.each([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['no list', '{}'],
    ['a list of something else', '[1]'],
    ['a list with a hole', '[null]'],
    ['another version', envelope({ specversion: '0.3' })],
    ['no id', envelope({ id: undefined })],
    ['an id that is no UUID', envelope({ id: '1; drop table' })],
    ['no subject', envelope({ subject: undefined })],
    ['a number for a type', envelope({ type: 5 })],
    ['no time', envelope({ time: 'soon' })],
    ['a time that only JavaScript reads', envelope({ time: '1' })],
    ['a time before time', envelope({ time: '0000-01-01T00:00:00Z' })],
    ['no data', envelope({ data: undefined })],
    ['a NUL in its subject', envelope({ subject: 'a\0b' })],
    ['a NUL in its type', envelope({ type: '\0' })],
    ['a type without end', envelope({ type: 'x'.repeat(1_001) })],
    ['lists in lists without end', envelope({ data: '…' }).replace('"…"', `${'['.repeat(101)}${']'.repeat(101)}`)],
    [
      'more of them than a stack holds',
      envelope({ data: '…' }).replace('"…"', `${'['.repeat(9_000)}${']'.repeat(9_000)}`),
    ],
  ])('is refused when it has %s: it can never be stored, and must not hold back the rest', (_, body) => {
    expect(() => decodeBatch(body)).toThrow(/^(not |a CloudEvent|data nested)/);
  });

  test('a day that does not exist becomes one that does; a trace context that is none is ignored', () => {
    const odd = envelope({ time: '2026-02-30T00:00:00Z', traceparent: { a: 1 } });
    expect(decodeBatch(odd)).toMatchObject([{ time: '2026-03-02T00:00:00.000Z', traceparent: null }]);
    const id = newId();
    expect(decodeBatch(envelope({ id: id.toUpperCase() }))).toMatchObject([{ id }]);
    for (const traceparent of ['nonsense', 5, { toString: 'nothing' }]) {
      expect(decodeBatch(envelope({ traceparent }))[0]?.traceparent).toBeNull();
    }
  });
});
