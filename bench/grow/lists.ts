/**
 * Every list and search of the API, found in the contracts: as it is, with each filter, with each two of them and in each
 * order; its first page, one in its middle and one at its far end. A new list, filter or order is measured by itself.
 */
import type { TSchema } from 'typebox';
import { ENDPOINTS } from '../../src/contracts/registry.ts';
import { idAt, isId } from '../../src/platform/clock.ts';
import type { Endpoint } from '../../src/platform/contract.ts';
import { encodeCursor } from '../../src/platform/page.ts';
import { percentile } from '../load.ts';
import { DAYS, type Past } from './past.ts';
import type { Samples } from './samples.ts';

export const BUDGET_MS = 50;

export interface ListCase {
  endpoint: string;
  /** On the gateway, without its query. */
  path: string;
  query: Record<string, string>;
  /** Who asks: customers see their own only. */
  as: Role;
}
export type Role = 'admin' | 'customer';

interface Schema {
  type?: string;
  enum?: readonly string[];
  properties?: Record<string, Schema>;
}

/** A list: it has pages, or answers with `items` and nothing else. */
function isList({ method, streams, publicPaths, query, reply }: Endpoint): boolean {
  const { items, ...more } = schemaOf(reply)?.properties ?? {};
  if (method !== 'GET' || streams || publicPaths.length === 0 || items?.type !== 'array') return false;
  return 'cursor' in (schemaOf(query)?.properties ?? {}) || Object.keys(more).length === 0;
}
const schemaOf = (schema: TSchema | undefined) => schema as Schema | undefined;

/** Filters that no other goes with: what is asked for by ids is nothing else. */
const ALONE = ['ids'];

export function listCases(samples: Samples): ListCase[] {
  const known = (endpoint: Endpoint, name: string): readonly string[] => {
    const found = samples[`${endpoint.name}.${name}`] ?? samples[name];
    if (!found) throw new Error(`${endpoint.name}: say in samples.ts what is asked for by ${name}`);
    return found;
  };
  return ENDPOINTS.filter(isList).flatMap((endpoint) => {
    const path = (endpoint.publicPaths[0] as string).replace(
      /\{(\w+)\}/g,
      (_, name: string) => known(endpoint, name)[0] as string,
    );
    const given = Object.entries(schemaOf(endpoint.query)?.properties ?? {}).filter(
      ([name]) => !['limit', 'cursor'].includes(name),
    );
    const filters = given.map(([name, schema]) => {
      const values = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : known(endpoint, name));
      return values.map((value) => ({ [name]: value }));
    });
    const paired = filters.flatMap((some, i) => filters.slice(i + 1).flatMap((others) => together(some, others)));
    const asking: readonly Role[] = endpoint.access === 'customer' ? ['admin', 'customer'] : ['admin'];
    return asking.flatMap((as) =>
      [{}, ...filters.flat(), ...paired].map((query) => ({ endpoint: endpoint.name, path, query, as })),
    );
  });
}

function together(some: readonly Record<string, string>[], others: readonly Record<string, string>[]) {
  const pairs = some.flatMap((one) => others.map((other) => ({ ...one, ...other })));
  return pairs.filter((pair) => !ALONE.some((name) => name in pair));
}

export interface PageTimes {
  endpoint: string;
  as: Role;
  url: string;
  depth: 'first' | 'middle' | 'far';
  requests: number;
  items: number;
  p50: number;
  p99: number;
}

/** Asks a shop; the body of a page, or undefined of one that is refused as a whole (a search without its order). */
export type Ask = (url: string, as: Role) => Promise<{ items: unknown[]; next_cursor?: string | null } | undefined>;

export interface MeasureOptions {
  past: Past;
  cases: readonly ListCase[];
  ask: Ask;
  /** Of each page of each list. */
  requests: number;
  onProgress: (done: number) => void;
}

/** What is slow is not asked for ever. */
const PATIENCE_MS = 3_000;
/** Of a list with fewer filters there is more to walk through. */
const WALK_MS = [8_000, 4_000, 500];

export async function measureLists({ past, cases, ask, requests, onProgress }: MeasureOptions): Promise<PageTimes[]> {
  const results: PageTimes[] = [];
  for (const [i, one] of cases.entries()) {
    const { endpoint, as } = one;
    const first = await timed(urlOf(one), one, ask, requests);
    const deep = first?.next ? await deepCursors(one, first.next, past, ask) : [];
    if (first) results.push({ endpoint, as, depth: 'first', ...first.times });
    for (const [depth, cursor] of deep) {
      const page = await timed(urlOf(one, { cursor }), one, ask, requests);
      if (page) results.push({ endpoint, as, depth, ...page.times });
    }
    onProgress((i + 1) / cases.length);
  }
  return results;
}

function urlOf({ path, query }: ListCase, more: Record<string, string> = {}): string {
  const text = new URLSearchParams({ ...query, ...more }).toString();
  return text ? `${path}?${text}` : path;
}

async function timed(url: string, { as }: ListCase, ask: Ask, requests: number) {
  const times: number[] = [];
  let page: Awaited<ReturnType<Ask>>;
  for (const began = performance.now(); times.length < requests && performance.now() - began < PATIENCE_MS; ) {
    const started = performance.now();
    page = await ask(url, as);
    if (!page) return undefined;
    times.push(performance.now() - started);
  }
  const spread = { p50: percentile(times, 50), p99: percentile(times, 99) };
  return { next: page?.next_cursor, times: { url, requests: times.length, items: page?.items.length ?? 0, ...spread } };
}

/** A cursor that is an id is one of its time: any depth can be asked for at once. Others are walked to, as far as one gets. */
async function deepCursors(one: ListCase, next: string, past: Past, ask: Ask) {
  const seen: string[] = [];
  const values = JSON.parse(Buffer.from(next, 'base64url').toString()) as unknown[];
  if (values.length === 1 && isId(String(values[0]))) {
    const at = (days: number) => encodeCursor([idAt(new Date(past.until - days * 86_400_000))]);
    seen.push(at(DAYS / 2), at(DAYS * 0.995));
  } else {
    const patience = WALK_MS[Object.keys(one.query).length] ?? 0;
    const began = performance.now();
    for (
      let cursor: string | null | undefined = next;
      cursor && (seen.length === 0 || performance.now() - began < patience);
    ) {
      seen.push(cursor);
      cursor = (await ask(urlOf(one, { cursor, limit: '200' }), one.as))?.next_cursor;
    }
  }
  return [
    ['middle', seen[Math.floor((seen.length - 1) / 2)] as string],
    ['far', seen.at(-1) as string],
  ] as const;
}
