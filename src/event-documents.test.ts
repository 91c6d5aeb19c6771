import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { EVENTS } from './contracts/registry.ts';
import { eventsDocument, eventsPage, propertiesOf, typeWords } from './event-documents.ts';

describe('the page of events', () => {
  test('has every event with every property, and says what is secret', () => {
    const page = eventsPage();
    for (const { name, data } of EVENTS) {
      const section = page.split(`<section id="${name}">`)[1]?.split('</section>')[0] ?? '';
      for (const property of Object.keys(data.properties)) expect(section, name).toContain(`<code>${property}</code>`);
    }
    expect(page.split('id="order.confirmed"')[1]).toMatch(/<code>guest_token<\/code>.*a secret/);
    expect(page).not.toMatch(/<script|undefined|\[object/);
  });

  test('names types as people write them', () => {
    expect(typeWords(Type.Union([Type.String({ format: 'uuid' }), Type.Null()]))).toBe('string (uuid) | null');
    expect(typeWords(Type.Array(Type.Enum(['a', 'b'])))).toBe('("a" | "b")[]');
    const nested = Type.Object({ lines: Type.Array(Type.Object({ id: Type.Optional(Type.String()) })) });
    expect(propertiesOf(nested as never).map(({ path, required }) => [path, required])).toEqual([
      ['lines', true],
      ['lines[].id', false],
    ]);
  });
});

test('the drawing has an arrow for each two that talk', () => {
  const drawing = eventsDocument();
  expect(drawing).toMatch(/orders -->\|"order\.placed<br>[^"]*"\| inventory/);
  expect(drawing).toContain('| `order.placed` | orders | inventory, webhooks |');
});
