/**
 * Requests to addresses that people have given us. Such an address must not lead into our own network (server-side request
 * forgery): where it leads is looked up once, judged, and exactly that is connected to, so that a name cannot change its mind
 * in between. Redirects are not followed; of an answer only the beginning is read.
 *
 * What is public: the registries of special addresses, https://www.iana.org/assignments/iana-ipv4-special-registry and
 * https://www.iana.org/assignments/iana-ipv6-special-registry.
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';

const CONNECT_TIMEOUT_MS = 5_000;
/** Of an answer, for a person to read. */
const ANSWER_BYTES = 2_048;
const MAX_HEADER_BYTES = 16_384;

const NOT_PUBLIC_4 = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`;
/** Of what is given out at all, 2000::/3. Others hold addresses of IPv4, which may be anywhere. */
const NOT_PUBLIC_6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20';

const publicSix = new BlockList();
publicSix.addSubnet('2000::', 3, 'ipv6');
const notPublic = new BlockList();
for (const [text, family] of [
  [NOT_PUBLIC_4, 'ipv4'],
  [NOT_PUBLIC_6, 'ipv6'],
] as const) {
  for (const subnet of text.split(/\s+/)) {
    const [network, bits] = subnet.split('/');
    notPublic.addSubnet(network as string, Number(bits), family);
  }
}

/** Whether an IP address is one of the internet's, and not of this machine, its network, or its cloud. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  return family === 6 && publicSix.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}

export interface Answer {
  status: number;
  /** Its beginning. */
  text: string;
  /** Seconds that it asks to be left alone for. */
  retryAfter: number | undefined;
}

export interface Outgoing {
  /** Why this address is never asked; undefined when it may be. What a name leads to is seen when it is asked. */
  faultOf(url: string): string | undefined;
  /** Throws when there is no answer. */
  post(url: string, options: { headers: Record<string, string>; body: string; signal: AbortSignal }): Promise<Answer>;
  close(): Promise<void>;
}

/** `privateHosts`: names or addresses, with or without a port, that may be in our own network, and without TLS. */
export function createOutgoing(privateHosts: readonly string[] = []): Outgoing {
  const settings = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 10_000 };
  const everywhere = new Agent({ ...settings, connect: { timeout: CONNECT_TIMEOUT_MS } });
  const publicOnly = new Agent({ ...settings, connect: { timeout: CONNECT_TIMEOUT_MS, lookup: lookupPublic } });
  const isOurs = ({ host, hostname }: URL) => privateHosts.includes(host) || privateHosts.includes(hostname);

  function faultOf(text: string): string | undefined {
    if (!URL.canParse(text)) return 'must be an address, https://…';
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isOurs(url))) return 'must begin with https://';
    if (url.username || url.password) return 'must not hold a name or a password';
    if (url.hash) return 'must not have a fragment (#…)';
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) && !isPublic(address) && !isOurs(url)) return `${address} is not on the internet`;
    return undefined;
  }

  return {
    faultOf,
    async post(url, { headers, body, signal }) {
      const fault = faultOf(url);
      if (fault) throw new Error(fault);
      const dispatcher = isOurs(new URL(url)) ? everywhere : publicOnly;
      const reply = await request(url, { method: 'POST', headers, body, signal, dispatcher });
      const text = await beginningOf(reply.body);
      const wait = Number(reply.headers['retry-after']);
      return { status: reply.statusCode, text, retryAfter: wait > 0 ? wait : undefined };
    },
    async close() {
      await Promise.all([everywhere.destroy(), publicOnly.destroy()]);
    },
  };
}

/** Finds where a name leads, and nothing unless all of it is public. */
const lookupPublic: LookupFunction = (hostname, options, found) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const inside = addresses?.find(({ address }) => !isPublic(address));
    const [first] = addresses ?? [];
    if (error || !first) return found(error ?? new Error(`${hostname} has no address`), '', 0);
    if (inside) return found(new Error(`${hostname} leads to ${inside.address}, which is not on the internet`), '', 0);
    if (options.all) return found(null, addresses);
    return found(null, first.address, first.family);
  });
};

/** The rest is not read: leaving ends the connection. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size >= ANSWER_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString();
}
