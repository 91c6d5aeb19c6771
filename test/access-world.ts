/** What the access table asks about: accounts with things of their own, and things made as they are needed. */
import type { ServiceName } from '../src/contracts/registry.ts';
import { newId } from '../src/platform/clock.ts';
import type { Owner, Role } from './access-rules.ts';
import type { PlacedOrder } from './harness.ts';
import { eventually } from './harness.ts';
import { picture } from './pictures.ts';
import { AUDIT_TOKEN, admin, ann, ben, checkout, PASSWORD, register, shop } from './refusals.ts';
import { tokenMaker } from './tokens.ts';

/** What a request is made of, beside who asks. */
export interface Asked {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: object | Uint8Array;
  headers?: Record<string, string>;
}

/** What somebody has, by ids. */
export interface Things {
  customer: string;
  address: string;
  order: string;
  payment: string;
  notification: string;
}

export interface World {
  things: Record<Owner, Things>;
  /** What each role brings: an access token, or a key in the address. */
  credentials: Record<Role, { token?: string; key?: string }>;
  /** A name nobody has. */
  fresh(): string;
  product(): Promise<string>;
  image(): Promise<string>;
  /** The address of a picture. */
  picture(): Promise<Asked>;
  upload(): Asked;
  reservation(): Promise<string>;
  suppression(): Promise<string>;
  addressOf(of: Things): Promise<string>;
  letter(room: ServiceName): Promise<{ id: string; group: string }>;
}

/** The same claims but one, under the same signature. */
function raised(token: string): string {
  const [head, body = '', signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), role: 'admin' };
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

const STREET = 'Secret Street 1';
/** Nobody but those it is about may ever read one of these. */
export const PERSONAL = ['ann@example.com', 'ben@example.com', 'guest@example.com', STREET];

export async function openAccessWorld(): Promise<World> {
  const made = async <T = { id: string }>(path: string, body: unknown, token = admin): Promise<T> => {
    const reply = await shop.call<T>(path, { method: 'POST', body, token });
    if (reply.status >= 300) throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  let names = 0;
  const fresh = () => {
    names += 1;
    return `matrix-${names}`;
  };
  const product = async () => {
    const product_id = fresh();
    await made('/api/products', { product_id, name: 'n', price: '1' });
    return product_id;
  };
  const order = { items: [{ product_id: 'MATRIX', quantity: 1 }], shipping_address: STREET };

  /** What came of an order, when it is paid and told. */
  async function booked({ id }: { id: string }): Promise<Pick<Things, 'order' | 'payment' | 'notification'>> {
    const row = async (room: ServiceName, table: string) => {
      let found: { id: string } | undefined;
      await eventually(async () => {
        [found] = await shop.query<{ id: string }>(room, `select id from ${table} where order_id = $1`, [id]);
        return found !== undefined;
      });
      return (found as unknown as { id: string }).id;
    };
    const [payment, notification] = [await row('payments', 'payments'), await row('notifications', 'notifications')];
    return { order: id, payment, notification };
  }

  async function thingsOf({ id, token }: { id: string; token: string }): Promise<Things> {
    const placed = (await checkout(order, { token })).body as unknown as PlacedOrder;
    return { customer: id, ...(await booked(placed)), address: await address(id, token) };
  }
  const address = async (id: string, token: string) => {
    const body = { address: { line1: STREET, city: 'York', country: 'GB' } };
    return (await made(`/api/customers/${id}/addresses`, body, token)).id;
  };

  const file = await picture(2, 2).png().toBuffer();
  const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n';
  const upload = () => ({
    body: Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--b--\r\n')]),
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  await shop.product({ product_id: 'MATRIX', stock: 100_000 });
  const guest = await shop.place({ ...order, email: 'guest@example.com' });
  const gone = await register('gone@example.com');
  const nowhere = { customer: newId(), address: newId(), order: newId(), payment: newId(), notification: newId() };
  const things: World['things'] = {
    ann: await thingsOf(ann),
    ben: await thingsOf(ben),
    guest: { ...nowhere, ...(await booked(guest)) },
    'closed account': await thingsOf(gone),
    nowhere,
  };
  const body = { current_password: PASSWORD };
  await shop.call(`/api/customers/${gone.id}`, { method: 'DELETE', body, token: gone.token });
  const sign = await tokenMaker(shop.query);

  return {
    things,
    credentials: {
      nobody: {},
      guest: { key: guest.guest_token },
      ann: { token: ann.token },
      ben: { token: ben.token },
      'closed account': { token: gone.token },
      admin: { token: admin },
      auditor: { token: AUDIT_TOKEN },
      'expired token': { token: await sign({ id: ann.id, email: 'ann@example.com' }, 'admin', -1) },
      'garbage token': { token: 'garbage' },
      'token with its role changed': { token: raised(ann.token) },
    },
    fresh,
    product,
    upload,
    async image() {
      const { headers, body } = upload();
      const init = { method: 'POST', headers: { ...headers, authorization: `Bearer ${admin}` }, body };
      const reply = await fetch(`${shop.url}/api/products/MATRIX/image`, init as RequestInit);
      return ((await reply.json()) as { id: string }).id;
    },
    async picture() {
      const { body } = await shop.call<{ images: { sizes: { small: { url: string } } }[] }>('/api/products/PROD001');
      const url = new URL(body.images[0]?.sizes.small.url as string, shop.url);
      const name = url.pathname.split('/').at(-1) as string;
      return { params: { name }, query: Object.fromEntries(url.searchParams) };
    },
    reservation: async () => (await made('/api/reservations', { items: order.items })).id,
    async suppression() {
      return (
        await made('/api/suppressions', { channel: 'email', recipient: `${fresh()}@example.com`, reason: 'bounced' })
      ).id;
    },
    addressOf: ({ customer }) => {
      if (customer !== ann.id && customer !== ben.id) return Promise.resolve(newId());
      return address(customer, customer === ann.id ? ann.token : ben.token);
    },
    async letter(room) {
      await shop.shop.services.get(room)?.inbox.park('bytes of nobody', 'not JSON');
      const newest = 'select id, cause_group as "group" from dead_letters order by id desc limit 1';
      return (await shop.query<{ id: string; group: string }>(room, newest))[0] as never;
    },
  };
}
