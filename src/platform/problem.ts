/**
 * What may go wrong and is the caller's to know is a value, a Rejection, mapped once to application/problem+json
 * (RFC 9457). What may not go wrong is an exception: a 500, or a retry.
 */
import type { ProblemType } from './contract.ts';
import { problem } from './contract.ts';

/** One fault of an input: where (RFC 6901 pointer into body, query or path) and what. */
export interface Fault {
  pointer: string;
  detail: string;
  [extra: string]: unknown;
}

export interface Rejection<Code extends string = string> {
  readonly rejected: ProblemType<Code>;
  readonly detail?: string;
  readonly errors?: readonly Fault[];
  /** Further members of the problem document. */
  readonly extra?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** Says no, with everything the caller needs to do better. */
export function reject<Code extends string>(
  type: ProblemType<Code>,
  details: Omit<Rejection, 'rejected'> = {},
): Rejection<Code> {
  return { rejected: type, ...details };
}

export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && 'rejected' in value;
}

/** Faults that every endpoint may answer; an endpoint declares only its own. */
export const common = {
  malformed: problem('malformed-request', 400, 'The request cannot be read'),
  unauthorized: problem('unauthorized', 401, 'A valid access token is needed'),
  forbidden: problem('forbidden', 403, 'This is not allowed for you'),
  noRoute: problem('no-such-route', 404, 'There is nothing at this address'),
  tooLarge: problem('too-large', 413, 'The request is too large'),
  wrongMethod: problem('method-not-allowed', 405, 'This address does not know this method'),
  unsupportedType: problem('unsupported-media-type', 415, 'The body is of a type that is not read here'),
  invalid: problem('invalid-request', 422, 'The request has faults'),
  keyReused: problem('idempotency-key-reused', 422, 'This Idempotency-Key was used for another request'),
  quotaExceeded: problem('quota-exceeded', 429, 'Too many requests; try again later'),
  internal: problem('internal', 500, 'Something went wrong on our side'),
  unavailable: problem('unavailable', 503, 'A part of the shop is not available right now'),
} as const;

export function problemDocument(rejection: Rejection, instance: string): string {
  const { rejected, detail, errors, extra } = rejection;
  return JSON.stringify({
    // First: what an extension member is called never hides a standard one.
    ...extra,
    type: `urn:tradewind:problem:${rejected.code}`,
    title: rejected.title,
    status: rejected.status,
    detail,
    instance,
    errors,
  });
}
