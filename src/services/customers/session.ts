/**
 * Refresh tokens: each is good once, for the next one. One that comes a second time was copied, and ends the whole
 * session (RFC 9700, 4.14.2) – except in the seconds in which an honest client asks again because the answer was lost, or
 * two of its tabs ask at once. Of the twins that come of it a browser keeps one; when both go on, one was copied. Pure.
 */

export const COOKIE = 'tradewind_refresh';
/** The gateway's address of the endpoints that read it; nothing else ever sees it. */
const COOKIE_PATH = '/api/auth';
/** As long as browsers keep a cookie at all. */
const KEPT_SECONDS = 400 * 86_400;
const GRACE_MS = 10_000;
/** A session that is used every day ends all the same, after this many times what it lasts unused. */
const LONGEST = 6;

export interface Session {
  customer_id: string;
  created_at: string;
  expires_at: string;
}

export interface RefreshToken extends Session {
  session_id: string;
  used_at: string | null;
  /** Another token that was exchanged for the same one has gone on for longer than the grace. */
  twin_used: boolean;
}

/** What is used from here on is within the grace. */
export const graceStart = (now: Date) => new Date(now.getTime() - GRACE_MS);

/** When a session ends that is used now. */
export function sessionEnd(now: Date, createdAt: Date, seconds: number): Date {
  return new Date(Math.min(now.getTime() + seconds * 1000, createdAt.getTime() + LONGEST * seconds * 1000));
}

export type Exchange = 'next' | 'stolen' | 'over';

/** What a token is good for: the next one; nothing, because the session is over; or proof of a theft. */
export function exchange(token: Pick<RefreshToken, 'used_at' | 'expires_at' | 'twin_used'>, now: Date): Exchange {
  if (Date.parse(token.expires_at) <= now.getTime()) return 'over';
  if (token.twin_used) return 'stolen';
  if (token.used_at === null || Date.parse(token.used_at) >= graceStart(now).getTime()) return 'next';
  return 'stolen';
}

/** What a browser keeps: the refresh token, and by which browser somebody has logged in before. */
export interface Kept {
  secret: string;
  /** `<nonce>.<seal>`: a browser that has once known the password of an account. */
  device: string;
}

/** Among a request's cookies (RFC 6265); empty parts where there is nothing. */
export function readCookie(header: string | undefined): Kept {
  for (const pair of header?.split(';') ?? []) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name !== COOKIE) continue;
    const [secret = '', ...device] = value.split('.');
    return { secret, device: device.join('.') };
  }
  return { secret: '', device: '' };
}

/** Out of reach for scripts and for other sites. It outlives the session: a known browser stays known. */
export function setCookie({ secret, device }: Kept, secure: boolean): string {
  const parts = [
    `${COOKIE}=${secret}.${device}`,
    `Path=${COOKIE_PATH}`,
    `Max-Age=${KEPT_SECONDS}`,
    'HttpOnly',
    'SameSite=Strict',
  ];
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ');
}
