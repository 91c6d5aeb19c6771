/**
 * Requests to addresses that people have given us. Such an address must not lead into our own network (server-side request
 * forgery): where it leads is looked up once, judged, and exactly that is connected to, so that a name cannot change its mind
 * in between. Redirects are not followed; of an answer only the beginning is read.
 *
 * What is public: the registries of special addresses, https://www.iana.org/assignments/iana-ipv4-special-registry and
 * https://www.iana.org/assignments/iana-ipv6-special-registry.
 */
import { Resolver } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';

const CONNECT_TIMEOUT_MS = 5_000;
/** For an answer of a name server; it is asked twice. */
const NAME_TIMEOUT_MS = 1_500;
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

/** Names that no public name server knows: of one word, or by their last one. */
const INSIDE = /^[^.]+\.?$|\.(localhost|local|internal|home\.arpa)\.?$/i;

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

/**
 * `privateHosts`: names or addresses, with or without a port, that may be in our own network, and without TLS. `nameServers`:
 * who is asked where a name leads, instead of the system's.
 */
export function createOutgoing(privateHosts: readonly string[] = [], nameServers?: readonly string[]): Outgoing {
  const settings = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 10_000 };
  const everywhere = new Agent({ ...settings, connect: { timeout: CONNECT_TIMEOUT_MS } });
  const resolver = new Resolver({ timeout: NAME_TIMEOUT_MS, tries: 2 });
  if (nameServers) resolver.setServers(nameServers);
  const publicOnly = new Agent({ ...settings, connect: { timeout: CONNECT_TIMEOUT_MS, lookup: publicBy(resolver) } });
  const isOurs = ({ host, hostname }: URL) => privateHosts.includes(host) || privateHosts.includes(hostname);

  function faultOf(text: string): string | undefined {
    if (!URL.canParse(text)) return 'must be an address, https://…';
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isOurs(url))) return 'must begin with https://';
    if (url.username || url.password) return 'must not hold a name or a password';
    if (url.hash) return 'must not have a fragment (#…)';
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isInside = isIP(address) ? !isPublic(address) : INSIDE.test(address);
    if (isInside && !isOurs(url)) return `${address} is not on the internet`;
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

/**
 * Finds where a name leads, and nothing unless all of it is public. By the name servers themselves: the system's own lookup
 * takes one of four threads for as long as a name server is silent, and some dead names would keep files, passwords and
 * pictures waiting.
 */
const publicBy =
  (resolver: Resolver): LookupFunction =>
  (hostname, options, found) => {
    addressesOf(resolver, hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) found(null, addresses);
        else found(null, first.address, first.family);
      },
      (error) => found(error, '', 0),
    );
  };

type Found = { address: string; family: number };

async function addressesOf(resolver: Resolver, hostname: string): Promise<[Found, ...Found[]]> {
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const [first, ...others] = addresses.map((address) => ({ address, family: isIP(address) }));
  if (!first) throw new Error(`${hostname} leads nowhere: ${answers.map(codeOf).find(Boolean) ?? 'no address'}`);
  const inside = addresses.find((address) => !isPublic(address));
  if (inside) throw new Error(`${hostname} leads to ${inside}, which is not on the internet`);
  return [first, ...others];
}

const codeOf = (answer: PromiseSettledResult<unknown>) =>
  answer.status === 'rejected' ? (answer.reason as { code?: string }).code : undefined;

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
