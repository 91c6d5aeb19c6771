/**
 * Who is signed in. The refresh token is an HttpOnly cookie that no script sees; the access token lives in this page's
 * memory only. Tabs share one cookie that changes with each use, so they take turns, and tell each other what they got.
 */
import { Login, Logout, LogoutEverywhere, Refresh } from '../../../src/contracts/customers.ts';
import type { Endpoint } from '../../../src/platform/contract.ts';
import { addressOf, problemOf, request } from './http.ts';
import { isShared, stored, useStored } from './stored.ts';
import { inTurn } from './turns.ts';

interface Access {
  token: string;
  /** In milliseconds since 1970, by this browser's clock. */
  until: number;
}

/** Whose session there may be: a guest's visit costs no request that must fail. */
const ACCOUNT = 'tradewind.account';
const EARLY_MS = 30_000;

let access: Access | undefined;
let refreshing: Promise<string | undefined> | undefined;
const account = stored<string | null>(ACCOUNT, null, (value) => (typeof value === 'string' ? value : undefined));
const tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('tradewind.session');

if (tabs) {
  tabs.onmessage = ({ data }: MessageEvent<Access | null>) => {
    access = data ?? undefined;
    // Storage knows already, and better: a tab that slept hears late of a session that is over by now.
    if (!isShared()) account.set(subjectOf(access));
  };
}

function keep(next: Access | undefined): void {
  access = next;
  account.set(subjectOf(next));
  tabs?.postMessage(next ?? null);
}

/** The account that a token is for; the shop alone says whether it is good. */
function subjectOf(of: Access | undefined): string | null {
  try {
    const payload = (of?.token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return String(JSON.parse(atob(payload)).sub);
  } catch {
    return null;
  }
}

/** Storage tells of another account before its token is here: until then the last one's is not asked with. */
const isFresh = () =>
  access !== undefined && access.until - EARLY_MS > Date.now() && subjectOf(access) === account.get();

/** A token that is good for a while yet; undefined for guests. */
export async function token(): Promise<string | undefined> {
  if (isFresh()) return access?.token;
  if (account.get() === null) return undefined;
  refreshing ??= inTurn('refresh', refresh).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

/** The shop did not take it any more. */
export function forgetToken(refused: string): void {
  if (access?.token === refused) access = undefined;
}

async function refresh(): Promise<string | undefined> {
  // Another tab may have done it while this one waited.
  if (isFresh()) return access?.token;
  const answer = await post(Refresh);
  if (answer.ok) {
    accept(await answer.json());
    return access?.token;
  }
  const problem = await problemOf(answer);
  if (answer.status !== 401) throw problem;
  keep(undefined);
  return undefined;
}

function post(endpoint: Endpoint, body?: object, access?: string): Promise<Response> {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return request(addressOf(endpoint), { method: endpoint.method, ...json }, access);
}

function accept({ access_token, expires_in }: { access_token: string; expires_in: number }): void {
  keep({ token: access_token, until: Date.now() + expires_in * 1000 });
}

export async function signIn(email: string, password: string): Promise<void> {
  const answer = await post(Login, { email, password });
  if (!answer.ok) throw await problemOf(answer);
  accept(await answer.json());
}

export async function signOut({ everywhere = false } = {}): Promise<void> {
  const access = everywhere ? await token() : undefined;
  // In turn with refreshes: one that is answered later would sign the page in again.
  await inTurn('refresh', async () => {
    const answer = await (everywhere ? post(LogoutEverywhere, undefined, access) : post(Logout));
    if (!answer.ok && answer.status !== 401) throw await problemOf(answer);
    keep(undefined);
  });
}

/** After the account was closed, or its password changed: every session of it is over. */
export function forgetSession(): void {
  keep(undefined);
}

/** Who is signed in, as far as this browser knows: the account's id, null for a guest. */
export function useAccountId(): string | null {
  return useStored(account);
}

export const accountId = () => account.get();

export const useSignedIn = () => useAccountId() !== null;
