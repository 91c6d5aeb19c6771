/** The desk's words. */
import type { DeadLetter, DeadStatus } from '../../../../src/contracts/dead-letters.ts';
import { number } from '../../ui/words.tsx';

export const messages = (count: number) => `${number(count)} ${count === 1 ? 'message' : 'messages'}`;

export const DEAD_STATES: Record<DeadStatus, readonly [words: string, tone: 'good' | 'wait' | 'bad' | 'plain']> = {
  dead: ['Stuck', 'bad'],
  retried: ['Retried', 'good'],
  discarded: ['Discarded', 'plain'],
};

export const nameOf = ({ type, subject }: Pick<DeadLetter, 'type' | 'subject'>) =>
  type === 'undecodable' ? 'Not a message' : subject ? `${type} · ${subject}` : type;

type Schema = Record<string, unknown>;

/** What a contract asks of a value, in a few words. */
export function schemaWords(schema: unknown): string {
  const { type, description, enum: words, anyOf, pattern, format, items, const: only } = (schema ?? {}) as Schema;
  if (Array.isArray(words)) return words.join(' | ');
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(anyOf)) return anyOf.map(schemaWords).join(' or ');
  const kind = type === 'array' ? `list of ${schemaWords(items)}` : String(type ?? 'anything');
  const more = description ?? format ?? pattern;
  return more ? `${kind} (${more})` : kind;
}
