/** A shop with something of everything in it, and its doors, for requests of every kind. */
import { Pool } from 'undici';
import type { ServiceName } from '../src/contracts/registry.ts';
import { newId } from '../src/platform/clock.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import { gatewayApart } from './gateway-apart.ts';
import { eventually } from './harness.ts';
import type { Answer } from './hostile-answers.ts';
import type { Door, Draft, Who } from './hostile-requests.ts';
import { addressOf, bytesOf } from './hostile-requests.ts';
import { expand, type Kind, KNOWN_IDS } from './hostile-values.ts';
import { picture } from './pictures.ts';
import { admin, checkout, LAPTOP, shop } from './refusals.ts';
import { type Person, tokenMaker } from './tokens.ts';

/** As drafts know it (hostile-values.ts). */
const PASSWORD = 'a long enough secret';
const PRODUCTS = ['PROD001', 'PROD002', 'PROD003'];
/** Where the ids are; the newest, so that what requests have made is asked for as well. */
const IDS: [Kind, ServiceName, string][] = [
  ['order', 'orders', 'select id from orders where hidden_at is null'],
  ['payment', 'payments', 'select id from payments'],
  ['refund', 'payments', 'select id from refunds'],
  ['address', 'customers', 'select id from addresses'],
  ['image', 'catalog', `select id from images where state = 'attached'`],
  ['reservation', 'inventory', `select id from reservations where status = 'held'`],
  ['notification', 'notifications', 'select id from notifications'],
  ['suppression', 'notifications', 'select id from suppressions'],
  ['letter', 'catalog', 'select id from dead_letters'],
];

export interface World {
  /** Sees to it that there is something of each kind, after whatever was asked. */
  refill(): Promise<void>;
  send(endpoint: Endpoint, draft: Draft): Promise<Answer>;
  /** A draft as it is sent: what the shop may say of it. */
  asked(endpoint: Endpoint, draft: Draft): string;
  /** Whether every door answers. */
  isOpen(): Promise<boolean>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const apart = await gatewayApart(shop);
  const doors = new Map<string, Pool>();
  const ids = new Map<Kind, string[]>([['product', PRODUCTS]]);
  // A long run outlives the tokens that the shop gives out.
  const sign = await tokenMaker(shop.query);
  const [boss] = await shop.query<Person>('customers', `select id, email from customers where role = 'admin'`);
  const tokens: Record<Who, string | undefined> = {
    admin: await sign(boss as Person, 'admin'),
    customer: undefined,
    guest: undefined,
    'nobody that there is': await sign({ id: newId(), email: 'gone@example.com' }, 'customer'),
  };
  const guests = await Promise.all([1, 2].map(() => shop.place()));
  ids.set(
    'key',
    guests.map(({ guest_token }) => guest_token),
  );

  function urlOf(door: Door, service: string): string {
    if (door === 'gateway') return shop.url;
    if (door === 'pages') return shop.shop.web as string;
    if (door === 'gateway apart') return apart.at;
    return shop.shop.addresses.get(service as ServiceName) as string;
  }
  function pool(door: Door, service: string): Pool {
    const url = urlOf(door, service);
    const found = doors.get(url) ?? new Pool(url, { connections: 4 });
    doors.set(url, found);
    return found;
  }
  const idOf = (kind: Kind, n: number) => {
    const known = ids.get(kind) ?? [];
    return known[n % known.length] ?? newId();
  };

  /** What a change has taken away, or never made. */
  async function make(kind: Kind): Promise<void> {
    const post = (path: string, body: unknown, token: string | undefined = admin) =>
      shop.call(path, { method: 'POST', body, token });
    switch (kind) {
      case 'order':
        return void (await checkout({ items: [LAPTOP] }, { token: tokens.customer }));
      case 'address': {
        const body = { address: { line1: 'a', city: 'b', country: 'GB' } };
        return void (await post(`/api/customers/${eve?.id}/addresses`, body, tokens.customer));
      }
      case 'reservation':
        return void (await post('/api/reservations', { items: [LAPTOP], ttl_seconds: 86_400 }));
      case 'suppression': {
        const body = { channel: 'email', recipient: 'gone@example.com', reason: 'bounced' };
        return void (await post('/api/suppressions', body));
      }
      case 'refund': {
        const [paid] = await shop.query<{ id: string }>(
          'payments',
          `select id from payments where status = 'succeeded'`,
        );
        return void (paid && (await post(`/api/payments/${paid.id}/refund`, { amount: '0.01' })));
      }
      case 'image':
        return uploadPicture();
      case 'letter':
        return buryLetters();
    }
  }

  async function uploadPicture(): Promise<void> {
    const file = await picture(2, 2, `#${newId().slice(-6)}`)
      .png()
      .toBuffer();
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(file)]), 'a.png');
    const headers = { authorization: `Bearer ${admin}` };
    await fetch(`${shop.url}/api/products/PROD001/image`, { method: 'POST', body: form, headers });
  }

  /** At the desk of the catalogue, whose only event is a hint: whatever is made of them harms no book. */
  async function buryLetters(): Promise<void> {
    const inbox = shop.shop.services.get('catalog')?.inbox;
    await inbox?.park('bytes of nobody', 'not JSON');
    await inbox?.park(`${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'not a CloudEvents batch');
    const odd = { id: newId(), type: 'product.stock.changed', source: 'inventory', subject: 's', traceparent: null };
    await inbox?.store([{ ...odd, time: new Date().toISOString(), data: '{"product_id":5,"available":"many"}' }]);
  }

  /** An account that may be changed and closed: another one comes then. */
  let eve: (Person & { version: number }) | undefined;
  async function beEve(): Promise<void> {
    const known = 'select id, email, version from customers where id = $1';
    const same = eve && (await shop.query('customers', `${known} and version = $2`, [eve.id, eve.version]))[0];
    if (same) return;
    const body = { email: `eve-${newId()}@example.com`, password: PASSWORD };
    const { id } = (await shop.call<{ id: string }>('/api/customers', { method: 'POST', token: admin, body })).body;
    [eve] = await shop.query<Person & { version: number }>('customers', known, [id]);
    tokens.customer = await sign(eve as Person, 'customer');
  }

  async function refill(): Promise<void> {
    // Guessed passwords do not keep the next request from being looked at.
    await shop.query('customers', 'delete from login_attempts');
    await shop.query('inventory', `update reservations set expires_at = now() + '1 day' where status = 'held'`);
    await beEve();
    const gone = 'select product_id as id from products where deleted_at is not null and product_id = any($1)';
    for (const { id } of await shop.query<{ id: string }>('catalog', gone, [PRODUCTS])) {
      await shop.call(`/api/products/${id}/restore`, { method: 'POST', token: admin });
    }
    for (const [kind, room, sql] of IDS) {
      const some = async () => {
        const found = await shop.query<{ id: string }>(room, `${sql} order by id desc limit ${KNOWN_IDS}`);
        ids.set(
          kind,
          found.map(({ id }) => id),
        );
        return found.length > 0;
      };
      if (await some()) continue;
      await make(kind);
      await eventually(some, () => `there is no ${kind}`);
    }
    ids.set(
      'customer',
      [eve, eve, boss].map((one) => (one as Person).id),
    );
    const groups = await shop.query<{ id: string }>('catalog', 'select distinct cause_group as id from dead_letters');
    ids.set(
      'group',
      groups.map(({ id }) => id),
    );
  }

  return {
    refill,
    asked(endpoint, draft) {
      const address = addressOf(endpoint, draft);
      return expand(`${address} ${decoded(address)} ${draft.headers} ${draft.body}`, idOf);
    },
    async send(endpoint, draft) {
      const { door, who, method, headers, body, encoding } = draft;
      const token = tokens[who];
      const reply = await pool(door, endpoint.service).request({
        method: method as 'GET',
        path: expand(addressOf(endpoint, draft), idOf),
        headers: [...(token ? ['authorization', `Bearer ${token}`] : []), ...headers.flat()],
        body: body === undefined ? null : bytesOf(expand(body, idOf), encoding),
      });
      // A stream of events goes on for ever.
      const endless = String(reply.headers['content-type']).startsWith('text/event-stream');
      if (endless) reply.body.destroy();
      return { status: reply.statusCode, headers: reply.headers, text: endless ? '' : await reply.body.text() };
    },
    async isOpen() {
      const urls = [shop.url, apart.at, ...[...shop.shop.addresses.values()]];
      const replies = await Promise.all(urls.map((url) => fetch(`${url}/health`)));
      const pages = await fetch(`${shop.shop.web}/api/health`);
      return [...replies, pages].every(({ status }) => status === 200);
    },
    async close() {
      // Those that were made to be looked at.
      await shop.query('catalog', `delete from dead_letters where type in ('undecodable', 'product.stock.changed')`);
      await Promise.all([...doors.values()].map((one) => one.destroy()));
      await apart.stop();
    },
  };
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return '';
  }
}
