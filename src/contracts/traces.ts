/** What pages tell of the traces they began, where the shop records traces. */
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';

export const MAX_SPANS = 20;

/** Not only zeros (W3C). */
const hex = (length: number) =>
  Type.String({ minLength: length, maxLength: length, pattern: '^[0-9a-f]*[1-9a-f][0-9a-f]*$' });
const Milliseconds = Type.Integer({ minimum: 1, maximum: 8_640_000_000_000_000, description: 'Since 1970' });

export const TellSpans = endpoint('traces.tell', 'POST /traces', {
  service: 'gateway',
  summary:
    'What a page has asked of the shop, and how long that took, for the traces that its requests began; forgotten where none are recorded',
  access: 'anyone',
  body: Type.Object(
    {
      spans: Type.Array(
        Type.Object(
          {
            trace_id: hex(32),
            span_id: hex(16),
            endpoint: Type.String({ maxLength: 100, description: 'The operation that was asked for' }),
            started_at: Milliseconds,
            ended_at: Milliseconds,
            status: Type.Integer({ minimum: 0, maximum: 599, description: 'Of the answer; 0: there was none' }),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: MAX_SPANS },
      ),
    },
    { additionalProperties: false },
  ),
});
