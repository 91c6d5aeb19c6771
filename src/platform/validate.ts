/** JSON Schema in, every fault at once out. The one validator for requests, events and settings. */

import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import type { TSchema } from 'typebox';
import type { Fault } from './problem.ts';

const MAX_FAULTS = 50;

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes, strict: false, verbose: true });
  (formats as unknown as (ajv: Ajv, formats: string[]) => void)(ajv, ['uuid', 'date-time', 'email']);
  return ajv;
}

const exact = createAjv(false);
const coercing = createAjv(true);

/** Faults of a value, or undefined when it fits. Fills in defaults in place. */
export type Check = (value: unknown) => Fault[] | undefined;

export interface CheckOptions {
  /** Path and query values arrive as text: "5" is 5. */
  coerce?: boolean;
  /** Prefix of the pointers: `/query`. */
  at?: string;
}

export function compile(schema: TSchema, { coerce = false, at = '' }: CheckOptions = {}): Check {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= (coerce ? coercing : exact).compile(schema);
    return validate(value) ? undefined : faults(validate.errors ?? [], at);
  };
}

/** A failed union reports each branch and itself: say what the branches ask for, once, where it went wrong. */
function faults(errors: ErrorObject[], at: string): Fault[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  const inUnion = (error: ErrorObject) =>
    unions.some((union) => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`));
  const found = new Map<string, Fault>();
  for (const error of errors) {
    if (inUnion(error)) continue;
    const fault = { pointer: at + error.instancePath + missing(error), detail: describe(error) };
    found.set(`${fault.pointer} ${fault.detail}`, fault);
    if (found.size === MAX_FAULTS) break;
  }
  return [...found.values()];
}

function missing(error: ErrorObject): string {
  if (error.keyword === 'required') return `/${error.params.missingProperty}`;
  if (error.keyword === 'additionalProperties') return `/${escaped(error.params.additionalProperty)}`;
  return '';
}

/** A name chosen by the caller, as a part of a pointer (RFC 6901, section 3). */
const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

function describe(error: ErrorObject): string {
  switch (error.keyword) {
    case 'required':
      return 'is needed';
    case 'additionalProperties':
      return 'is not known here';
    case 'enum':
      return `must be one of ${(error.params.allowedValues as unknown[]).join(', ')}`;
    case 'anyOf': {
      const { description } = error.parentSchema as { description?: string };
      return description ? `must be: ${description}` : `must be ${alternatives(error.parentSchema as TSchema)}`;
    }
    case 'pattern': {
      const { description, pattern } = error.parentSchema as { description?: string; pattern: string };
      return `must be ${description ? `a valid ${description}` : `like ${pattern}`}`;
    }
    default:
      return error.message ?? 'is not valid';
  }
}

function alternatives(schema: TSchema & { anyOf?: { type?: string; pattern?: string }[] }): string {
  return (schema.anyOf ?? [])
    .map((branch) => (branch.pattern ? `text like ${branch.pattern}` : branch.type))
    .join(' or ');
}
