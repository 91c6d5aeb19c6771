/**
 * What admins do is written down: before it is done, and then what came of it. What cannot be written down is not done. A
 * deed without an outcome is being done, or a process died over it. Kept for a bit more than a year.
 */
import type { Caller } from './auth.ts';
import type { Clock } from './clock.ts';
import { newId } from './clock.ts';
import type { Endpoint } from './contract.ts';
import type { Database } from './database.ts';
import { dynamicSql, sql } from './database.ts';
import { traceId } from './log.ts';
import { maskIn } from './mask.ts';
import { isRejection } from './problem.ts';

const KEPT_MS = 400 * 24 * 3_600_000;
const FORGET_AT_ONCE = 1_000;
/** Characters of a request; a product may have long words, a picture has no words at all. */
const MOST = 8_000;
const SECRETS = ['password', 'current_password', 'new_password', 'token', 'secret'];
/** As requests call them, whatever events call them. */
const PEOPLE =
  `recipient email phone address shipping_address line1 line2 city region postal_code user_email customer_email
  customer_name text detail`.split(/\s+/);

const BEGIN = sql(`
  insert into activity (id, at, admin_id, action, about, request, trace_id) values ($1, $2, $3, $4, $5, $6, $7)`);
const END = sql('update activity set status = $2, problem = $3 where id = $1');
const FORGET = sql(`
  delete from activity where id = any (array(
    select id from activity where at < $1 order by at limit ${FORGET_AT_ONCE})) returning id`);

/** What is asked of a room, by whom. */
export interface Asked {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller;
  readonly traceparent: string;
}

export interface Activity {
  /** Does what an admin asks for, and writes it down. What others do is their own business. */
  doing<T>(endpoint: Endpoint, asked: Asked, work: () => Promise<T>): Promise<T>;
}

/** Whether it changes something, or takes much of the shop away. */
const isDeed = ({ method, media }: Endpoint) => method !== 'GET' || media === 'text/csv';

/** Whether it is only to be told what would change. */
const isTrial = ({ query }: Asked) => (query as { dry_run?: boolean } | undefined)?.dry_run === true;

/** `personal`: properties of requests to this room that say who somebody is. */
export function createActivity(db: Database, clock: Clock, personal: readonly string[] = []): Activity {
  const masked = [...SECRETS, ...PEOPLE, ...personal];

  function requestOf(endpoint: Endpoint, { query, body }: Asked): string | null {
    const sent = endpoint.method === 'GET' ? query : body;
    if (endpoint.raw || sent === undefined) return null;
    try {
      const text = JSON.stringify(maskIn(masked, sent));
      return text.length > MOST ? null : text;
    } catch {
      // Nested deeper than a stack.
      return null;
    }
  }

  return {
    async doing(endpoint, asked, work) {
      const { caller, params, traceparent } = asked;
      if (caller.role !== 'admin' || !isDeed(endpoint) || isTrial(asked)) return work();
      const id = newId();
      // What PostgreSQL keeps as text.
      const about = Object.values(params as object)
        .join(' ')
        .replace(/[\0\p{Surrogate}]/gu, '')
        .slice(0, MOST);
      const request = requestOf(endpoint, asked);
      await db.query(BEGIN, [id, clock.now(), caller.id, endpoint.name, about, request, traceId(traceparent)]);
      let status: number | null = null;
      let problem: string | null = null;
      try {
        const result = await work();
        const refused = isRejection(result) ? result.rejected : undefined;
        status = refused?.status ?? endpoint.status;
        problem = refused?.code ?? null;
        return result;
      } finally {
        // Whatever becomes of this, the deed is done or not: that nobody knows is what the row says already.
        await db.query(END, [id, status, problem]).catch(() => {});
      }
    },
  };
}

export interface ActivityRow {
  id: string;
  at: string;
  admin_id: string;
  action: string;
  about: string;
  request: unknown;
  status: number | null;
  problem: string | null;
  trace_id: string;
}

export interface ActivityFilter {
  admin_id?: string | undefined;
  about?: string | undefined;
  before: string | undefined;
  limit: number;
}

/** Newest first. */
export function listActivity(db: Pick<Database, 'query'>, filter: ActivityFilter): Promise<ActivityRow[]> {
  const { admin_id, about, before, limit } = filter;
  const values: unknown[] = [limit];
  const conditions = [
    admin_id && `admin_id = $${values.push(admin_id)}`,
    about && `about = $${values.push(about)}`,
    before && `id < $${values.push(before)}`,
  ].filter((one) => one !== undefined);
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  return db.query(dynamicSql(`select * from activity ${where} order by id desc limit $1`), values);
}

/** True when there may be more. */
export async function forgetActivity(db: Pick<Database, 'query'>, now: Date): Promise<boolean> {
  const gone = await db.query(FORGET, [new Date(now.getTime() - KEPT_MS)]);
  return gone.length === FORGET_AT_ONCE;
}
