/**
 * Who is calling. Access tokens are short-lived EdDSA JWTs signed by customers; the gateway and every service verify
 * them against its public keys. No other header says who somebody is.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { Access } from './contract.ts';
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';

export const ISSUER = 'tradewind';

/** Somebody, as an action sees them. */
export type Caller =
  | { readonly role: 'guest' }
  | { readonly role: 'customer' | 'admin'; readonly id: string; readonly email: string; readonly token: string };

export const GUEST = { role: 'guest' } as const;

/** No person: it may read books, and is a guest everywhere else. */
export const AUDITOR = { role: 'auditor' } as const;
export type Known = Caller | typeof AUDITOR;

export interface Verifier {
  /** The caller a token proves; a rejection when it proves nothing. Throws when the keys cannot be had. */
  verify(token: string): Promise<Known | Rejection>;
}

const CACHED_TOKENS = 10_000;
const KEYS_MAX_AGE_MS = 10 * 60_000;
/** An unknown key id asks for the keys again, but not more often than this. */
const KEYS_MIN_AGE_MS = 5_000;
const KEYS_RETRY_MS = 15_000;

/** `auditToken`: what an auditor says; without one there is none. */
export function createVerifier(fetchKeys: () => Promise<JSONWebKeySet>, auditToken = ''): Verifier {
  const verified = new Map<string, { caller: Caller; expires: number }>();
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let keyIds = '';
  let fetchedAt = 0;

  async function keySet(stale: boolean) {
    const age = Date.now() - fetchedAt;
    if (!keys || age > KEYS_MAX_AGE_MS || (stale && age > KEYS_MIN_AGE_MS)) {
      try {
        const fetched = await fetchKeys();
        // What a key that was taken back has signed is believed no longer.
        const ids = fetched.keys.map(({ kid }) => kid).join(' ');
        if (ids !== keyIds) verified.clear();
        keyIds = ids;
        keys = createLocalJWKSet(fetched);
        fetchedAt = Date.now();
      } catch (error) {
        // The keys we have go on being good while customers is away, and it is asked again in a while.
        if (!keys) throw error;
        fetchedAt = Date.now() - KEYS_MAX_AGE_MS + KEYS_RETRY_MS;
      }
    }
    return keys;
  }

  async function check(token: string, stale = false): Promise<{ caller: Caller; expires: number }> {
    try {
      const { payload } = await jwtVerify(token, await keySet(stale), {
        issuer: ISSUER,
        audience: ISSUER,
        algorithms: ['EdDSA'],
        requiredClaims: ['sub', 'exp', 'role', 'email'],
      });
      const role = payload.role === 'admin' ? 'admin' : 'customer';
      const caller = { role, id: String(payload.sub), email: String(payload.email), token } as const;
      return { caller, expires: (payload.exp as number) * 1000 };
    } catch (error) {
      if (!stale && error instanceof errors.JWKSNoMatchingKey) return check(token, true);
      throw error;
    }
  }

  return {
    async verify(token) {
      if (auditToken !== '' && isSame(token, auditToken)) return AUDITOR;
      try {
        const stale = Date.now() - fetchedAt > KEYS_MAX_AGE_MS;
        if (stale) await keySet(false);
        const known = verified.get(token);
        if (known && known.expires > Date.now()) return known.caller;
        const fresh = await check(token);
        if (verified.size >= CACHED_TOKENS) verified.clear();
        verified.set(token, fresh);
        return fresh.caller;
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
        const detail = error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid';
        return unauthorized(detail, 'invalid_token');
      }
    },
  };
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function unauthorized(detail: string, error?: string): Rejection {
  const challenge = error ? `Bearer error="${error}", error_description="${detail}"` : 'Bearer';
  return reject(common.unauthorized, { detail, headers: { 'www-authenticate': challenge } });
}

/** Reads `Authorization: Bearer …`. No header is a guest; a bad one is refused, never a guest. */
export async function authenticate(header: string | undefined, verifier: Verifier): Promise<Known | Rejection> {
  if (header === undefined) return GUEST;
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1];
  if (!token) return unauthorized('send "Authorization: Bearer <access_token>"', 'invalid_request');
  return verifier.verify(token);
}

/** Deny by default: what an endpoint does not grant is refused. */
export function authorize(caller: Known, access: Access): Rejection | undefined {
  if (access === 'anyone') return undefined;
  if (caller.role === 'guest') return unauthorized('log in first');
  if (access === 'auditor' && caller.role === 'auditor') return undefined;
  if (caller.role === 'auditor') return reject(common.forbidden, { detail: 'this token only reads books' });
  if (access !== 'customer' && caller.role !== 'admin')
    return reject(common.forbidden, { detail: 'this is for admins' });
  return undefined;
}
