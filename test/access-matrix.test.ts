/**
 * Every role at every endpoint, for things of its own and of others, at the gateway and at the room itself: what the table
 * says, in the table's words, and nobody reads a word of what is not theirs.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceName } from '../src/contracts/registry.ts';
import { ENDPOINTS, SERVICES } from '../src/contracts/registry.ts';
import { newId } from '../src/platform/clock.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import { OWNERS, type Owner, ROLES, type Role, type Row } from './access-rules.ts';
import { TABLE } from './access-table.ts';
import type { Asked, World } from './access-world.ts';
import { openAccessWorld, PERSONAL } from './access-world.ts';
import { admin, ann, ben, changesNothing, checkout, type Problem, shop, useShop } from './refusals.ts';

type Door = 'gateway' | 'pages' | 'room';
/** What is for the inside is not at the gateway, and what the gateway puts together is at no room. */
const doorsOf = ({ publicPaths, service }: Endpoint): Door[] => [
  ...(publicPaths.length > 0 ? (['gateway', 'pages'] as const) : []),
  ...(SERVICES.includes(service as ServiceName) ? (['room'] as const) : []),
];
const PROVES_NOTHING: readonly Role[] = ['expired token', 'garbage token', 'token with its role changed'];
const CODES = { 401: 'unauthorized', 403: 'forbidden', 404: 'not-found' } as const;

interface Cell {
  role: Role;
  owner: Owner;
  door: Door;
}

let world: World;
useShop();
beforeAll(async () => {
  world = await openAccessWorld();
});

const cellsOf = (endpoint: Endpoint, { owned }: Row): Cell[] =>
  ROLES.flatMap((role) =>
    (owned ? OWNERS : (['ann'] as const)).flatMap((owner) => doorsOf(endpoint).map((door) => ({ role, owner, door }))),
  );
/** From outside nobody is an auditor. */
const provesNothing = ({ role, door }: Cell) =>
  PROVES_NOTHING.includes(role) || (role === 'auditor' && door !== 'room');
const expected = ({ rule }: Row, cell: Cell) => (provesNothing(cell) ? 401 : rule(cell.role, cell.owner));

function baseOf({ service }: Endpoint, door: Door) {
  if (door === 'room') return shop.shop.addresses.get(service as ServiceName);
  return door === 'pages' ? shop.shop.web : shop.url;
}

async function ask(endpoint: Endpoint, { role, door }: Cell, { params = {}, query, body, headers }: Asked) {
  const { token, key } = world.credentials[role];
  const path = door === 'room' ? endpoint.path : (endpoint.publicPaths[0] as string);
  const search = new URLSearchParams(query);
  if (key && 'token' in (endpoint.query.properties ?? {})) search.set('token', key);
  const reply = await fetch(
    `${baseOf(endpoint, door)}${path.replace(/\{(\w+)\}/g, (_, name) => params[name] as string)}?${search}`,
    {
      method: endpoint.method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) }),
    },
  );
  if (reply.headers.get('content-type')?.startsWith('text/event-stream')) {
    await reply.body?.cancel();
    return { status: reply.status, said: '', text: '' };
  }
  const text = await reply.text();
  const problem = reply.status >= 400 ? (JSON.parse(text) as Problem) : undefined;
  return { status: reply.status, said: problem?.type.replace('urn:tradewind:problem:', '') ?? '', text };
}

it('the table has a row for every endpoint, and no other', () => {
  expect(Object.keys(TABLE).sort()).toEqual(ENDPOINTS.map(({ name }) => name).sort());
});

/** The room that answers it; what no room does the gateway puts together. */
const homeOf = ({ service }: Endpoint) => (SERVICES.includes(service as ServiceName) ? service : 'gateway');

describe('whoever may not', () => {
  /** Cells of an endpoint that are to be refused, each with its request. */
  async function refusalsOf(endpoint: Endpoint) {
    const row = TABLE[endpoint.name] as Row;
    const refused = cellsOf(endpoint, row).filter((cell) => expected(row, cell) !== 'yes');
    const asked = new Map<Owner, Asked>();
    for (const owner of new Set(refused.map((cell) => cell.owner))) {
      asked.set(owner, await row.ask(world.things[owner], world));
    }
    return refused.map((cell) => ({ endpoint, cell, asked: asked.get(cell.owner) as Asked }));
  }

  it.each([
    ...SERVICES,
    'gateway',
  ])('do something in %s is refused, learns nothing and changes nothing', async (room) => {
    const refused: Awaited<ReturnType<typeof refusalsOf>>[] = [];
    for (const endpoint of ENDPOINTS) if (homeOf(endpoint) === room) refused.push(await refusalsOf(endpoint));
    expect(refused.length).toBeGreaterThan(room === 'gateway' ? 0 : 10);
    await changesNothing(async () => {
      for (const cells of refused) {
        const replies = cells.map(async (one) => ({ ...one, ...(await ask(one.endpoint, one.cell, one.asked)) }));
        for (const { endpoint, cell, status, said, text } of await Promise.all(replies)) {
          const { name } = endpoint;
          const right = expected(TABLE[name] as Row, cell) as keyof typeof CODES;
          expect({ name, ...cell, status, said }).toEqual({ name, ...cell, status: right, said: CODES[right] });
          expect(PERSONAL.filter((one) => text.includes(one))).toEqual([]);
        }
      }
    });
  });
});

describe('an id', () => {
  const asAdmin = { role: 'admin', owner: 'ann' } as const;
  const missing = { status: 404, said: 'not-found' };
  const ofName = (name: string) => ENDPOINTS.find((endpoint) => endpoint.name === name) as Endpoint;

  const adminsOnly = ENDPOINTS.filter(({ access, path }) => access === 'admin' && path.includes('{'));
  it.each(
    adminsOnly.map((endpoint) => [endpoint.name, endpoint] as const),
  )('that nothing has is not found by an admin either: %s', async (name, endpoint) => {
    const asked = await (TABLE[name] as Row).ask(world.things.nowhere, world);
    for (const param of Object.keys(asked.params ?? {})) {
      const params = { ...asked.params, [param]: param === 'product_id' ? 'NOWHERE' : newId() };
      for (const door of doorsOf(endpoint)) {
        expect([param, await ask(endpoint, { ...asAdmin, door }, { ...asked, params })]).toMatchObject([
          param,
          missing,
        ]);
      }
    }
  });

  it('of one’s own account does not lead to an address of another', async () => {
    const mixed = { params: { id: ann.id, address_id: world.things.ben.address } };
    await changesNothing(async () => {
      for (const name of ['customers.update-address', 'customers.delete-address']) {
        const asked = { ...mixed, ...(name.includes('update') && { body: { label: 'mine' } }) };
        for (const role of ['ann', 'admin'] as const) {
          for (const door of doorsOf(ofName(name))) {
            expect(await ask(ofName(name), { role, owner: 'ann', door }, asked)).toMatchObject(missing);
          }
        }
      }
    });
  });

  it('of one product does not lead to a picture of another, nor one desk to what is dead at another', async () => {
    const [product, image] = [await world.product(), await world.image()];
    const letters = await Promise.all(SERVICES.map(async (room) => [room, await world.letter(room)] as const));
    await changesNothing(async () => {
      const door = 'gateway';
      const picture = { params: { product_id: product, image_id: image } };
      expect(await ask(ofName('catalog.image.delete'), { ...asAdmin, door }, picture)).toMatchObject(missing);
      for (const [i, [room]] of letters.entries()) {
        const [other, { id }] = letters[(i + 1) % letters.length] as (typeof letters)[number];
        for (const [what, body] of Object.entries(AT_A_DESK)) {
          const endpoint = ofName(`${room}.dead-letters.${what}`);
          const answer = await ask(endpoint, { ...asAdmin, door }, { params: { id }, ...(body && { body }) });
          expect([room, other, what, answer]).toMatchObject([room, other, what, missing]);
        }
      }
    });
  });
  const why = 'looked at';
  const AT_A_DESK = { get: undefined, 'dry-run': {}, retry: { why }, discard: { why } };
});

describe('whoever may', () => {
  // What takes things away comes last.
  const inTurn = ENDPOINTS.toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));
  it.each(inTurn.map((endpoint) => [endpoint.name, endpoint] as const))('do %s is heard', async (name, endpoint) => {
    const row = TABLE[name] as Row;
    const allowed = cellsOf(endpoint, row).filter((cell) => expected(row, cell) === 'yes');
    expect(allowed.length).toBeGreaterThan(0);
    for (const cell of allowed) {
      const { status, said, text } = await ask(endpoint, cell, await row.ask(world.things[cell.owner], world));
      const heard = row.yes.includes(said || status);
      expect({ ...cell, answer: heard ? 'heard' : text }).toEqual({ ...cell, answer: 'heard' });
    }
  });
});

describe('a list', () => {
  it.each([
    ['/api/orders', ['email=ann@example.com', 'text=ann', 'product_id=MATRIX', 'status=confirmed']],
    ['/api/notifications', ['recipient=ann@example.com', 'kind=confirmed']],
  ])('%s has what is one’s own, whatever is asked for', async (path, questions) => {
    const owners = async (query: string, token: string) => {
      const { body } = await shop.call<{ items: { customer_id: string }[] }>(`${path}?${query}`, { token });
      return new Set(body.items.map(({ customer_id }) => customer_id));
    };
    const { body } = await checkout({ items: [{ product_id: 'MATRIX', quantity: 1 }] }, { token: ann.token });
    await shop.until({ id: String(body.id) }, 'confirmed');
    const closed = world.credentials['closed account'].token as string;
    for (const query of [...questions, `customer_id=${ann.id}`, '']) {
      expect([query, await owners(query, ann.token)]).toEqual([query, new Set([ann.id])]);
      expect(await owners(query, ben.token)).not.toContain(ann.id);
      expect(await owners(query, closed)).not.toContain(ann.id);
    }
    expect(await owners(`customer_id=${ann.id}`, ben.token)).toEqual(new Set());
    expect([...(await owners('limit=200', admin))]).toEqual(expect.arrayContaining([ann.id, ben.id, null]));
  });
});

describe('an address that is for the inside', () => {
  it.each(
    ENDPOINTS.map((endpoint) => [endpoint.name, endpoint] as const),
  )('of %s is not the gateway’s', async (_name, endpoint) => {
    const { method, path, publicPaths } = endpoint;
    const inside = path.replace('{product_id}', 'MATRIX').replace(/\{\w+\}/g, world.things.ann.order);
    if (publicPaths.includes(path)) return;
    for (const base of [shop.url, shop.shop.web]) {
      const headers = { authorization: `Bearer ${admin}`, accept: 'application/json' };
      const reply = await fetch(`${base}${inside}`, { method, headers });
      expect([inside, reply.status]).toEqual([inside, 404]);
    }
  });

  it('of the machinery is not the pages’: no metrics, no documents, no health of the rooms', async () => {
    for (const path of [
      '/metrics',
      '/health',
      '/health/ready',
      '/openapi.json',
      '/docs',
      '/docs/json',
      '/orders/metrics',
    ]) {
      const reply = await fetch(`${shop.shop.web}${path}`, { headers: { accept: 'application/json' } });
      expect([path, reply.status]).toEqual([path, 404]);
    }
  });

  it('of one room is not another’s', async () => {
    for (const { service, path } of ENDPOINTS) {
      const others = [...shop.shop.addresses].filter(([room]) => room !== service && room !== 'gateway');
      const [, url] = others[path.length % others.length] as [string, string];
      if (/^\/(dead-letters|messages|activity|audit)\b/.test(path) || homeOf({ service } as Endpoint) === 'gateway')
        continue;
      const reply = await fetch(`${url}${path.replace(/\{\w+\}/g, 'x')}`, {
        headers: { authorization: `Bearer ${admin}` },
      });
      expect([url, path, reply.status]).toEqual([url, path, 404]);
    }
  });
});
