import { describe, expect, test } from 'vitest';
import { EVENTS } from './registry.ts';
import { INT4, INT8 } from './shapes.ts';

interface Schema {
  type?: string;
  minimum?: number;
  maximum?: number;
}

/** Every integer in a schema, by where it is. */
function integersOf(schema: object, path: string): [path: string, integer: Schema][] {
  const { type } = schema as Schema;
  if (type === 'integer') return [[path, schema as Schema]];
  return Object.entries(schema).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? integersOf(inner, `${path}.${key}`) : [],
  );
}

describe.each(EVENTS)('$name', ({ data }) => {
  test('lets through no integer that PostgreSQL cannot hold: its handlers would fail over it again and again', () => {
    for (const [path, { minimum, maximum }] of integersOf(data, 'data')) {
      const range = path.endsWith('version') ? INT4 : INT8;
      expect(minimum, path).toBeGreaterThanOrEqual(range.minimum);
      expect(maximum, path).toBeLessThanOrEqual(range.maximum);
    }
  });
});
