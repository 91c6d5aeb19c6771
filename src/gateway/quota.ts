/**
 * How often one client may call, in fixed windows of a minute, told with every reply by the headers of
 * draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`) and, when there is no more, `Retry-After`.
 *
 * Counted in this process: behind several gateways a client has as many quotas as there are gateways. Memory is bounded:
 * whoever comes with ever new addresses pushes out the oldest counters, not the shop.
 */
import type { Caller } from '../platform/auth.ts';
import type { Quota } from '../platform/contract.ts';

export const WINDOW_SECONDS = 60;
const MAX_CLIENTS = 100_000;

/** Requests a minute by policy; 0 is no limit. */
export type Quotas = Readonly<Record<Quota, number>>;

export interface Taken {
  exceeded: boolean;
  headers: Record<string, string>;
}

export interface QuotaCounter {
  /** Counts one request of a client; undefined when its policy has no limit. `now` in milliseconds. */
  take(policy: Quota, client: string, now: number): Taken | undefined;
  /** The same without counting: for a request that was counted before its body was read. */
  look(policy: Quota, client: string, now: number): Taken | undefined;
}

export function createQuotaCounter(quotas: Quotas, maxClients = MAX_CLIENTS): QuotaCounter {
  const windows = new Map<string, { used: number; until: number }>();

  function windowOf(key: string, now: number) {
    const known = windows.get(key);
    if (known && known.until > now) return known;
    // Taken out first, so that the oldest window is always the first of the map.
    windows.delete(key);
    if (windows.size >= maxClients) windows.delete(windows.keys().next().value as string);
    const fresh = { used: 0, until: now + WINDOW_SECONDS * 1000 };
    windows.set(key, fresh);
    return fresh;
  }

  function tell(policy: Quota, client: string, now: number, more: number): Taken | undefined {
    const quota = quotas[policy];
    if (quota === 0) return undefined;
    const window = windowOf(`${policy} ${client}`, now);
    window.used += more;
    const exceeded = window.used > quota;
    const seconds = Math.ceil((window.until - now) / 1000);
    const headers: Record<string, string> = {
      'ratelimit-policy': `"${policy}";q=${quota};w=${WINDOW_SECONDS}`,
      ratelimit: `"${policy}";r=${Math.max(0, quota - window.used)};t=${seconds}`,
    };
    if (exceeded) headers['retry-after'] = String(seconds);
    return { exceeded, headers };
  }

  return {
    take: (policy, client, now) => tell(policy, client, now, 1),
    look: (policy, client, now) => tell(policy, client, now, 0),
  };
}

/** Who is counted: the account, or the address. Whoever guesses secrets is counted by address, whatever token they bring. */
export function clientOf(policy: Quota, caller: Caller, ip: string): string {
  return policy === 'auth' || caller.role === 'guest' ? networkOf(ip) : caller.id;
}

/** One household has 2^64 IPv6 addresses: it is counted by its network. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  if (!ip.includes(':')) return ip;
  const [head = '', tail = ''] = ip.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const missing = ip.includes('::') ? Array(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  return [...left, ...missing, ...right]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}
