/** The ground that session and client stand on: an endpoint's address, a request, and problems as errors. */
import type { Endpoint, ParamsOf, QueryOf } from '../../../src/platform/contract.ts';

export interface Fault {
  /** Where in the body: `/shipping_address/city`. */
  pointer: string;
  detail: string;
}

/** What the shop answers when it says no (RFC 9457), and what stands for it when no answer came (status 0). */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly Fault[];
  /** Everything else the problem carries, such as both prices. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(document: Record<string, unknown>, status: number, retryAfter: string | null = null) {
    super(String(document.title ?? 'Something went wrong'));
    const { type, title, detail, errors, ...extra } = document;
    this.code = String(type ?? '').replace('urn:tradewind:problem:', '');
    this.status = status;
    this.detail = String(detail ?? '');
    this.errors = Array.isArray(errors) ? errors : [];
    this.extra = extra;
    this.retryAfterMs = retryAfter ? Number(retryAfter) * 1000 : undefined;
  }
}

/** May go well the next time, unlike a no. */
export function isPassing(error: unknown): boolean {
  return isLost(error) || (error as Problem).status === 429;
}

/** Whether it was done is not known: no answer came, or it broke on the way. */
export function isLost(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500;
}

/** A no for good. What is none: no answer, the shop is away or busy, or the session has ended on the way. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && ![401, 429].includes(error.status);
}

export async function problemOf(answer: Response): Promise<Problem> {
  const document = await answer.json().catch(() => ({ title: `The shop answered ${answer.status}` }));
  return new Problem(document, answer.status, answer.headers.get('retry-after'));
}

/** Any answer; a Problem only when there was none. */
export async function request(address: string, init: RequestInit, token?: string): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token) headers.set('authorization', `Bearer ${token}`);
  try {
    return await fetch(address, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem({ title: 'The shop cannot be reached', detail: 'Check the connection and try again.' }, 0);
  }
}

/** The endpoint's address on this origin. */
export function addressOf<E extends Endpoint>(
  { publicPaths }: E,
  { params, query }: { params?: ParamsOf<E>; query?: QueryOf<E> } = {},
): string {
  const values = (params ?? {}) as Record<string, unknown>;
  const path = (publicPaths[0] as string).replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(values[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  return search.size > 0 ? `${path}?${search}` : path;
}
