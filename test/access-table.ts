/**
 * Who may do what, by hand: from what README and documents say, not from what the endpoints declare. An endpoint without a
 * row here fails access-matrix.test.ts. The rows of a service that is found are a file of their own, test/access/{name}.ts.
 */
import { FOUND, SERVICES } from '../src/contracts/registry.ts';
import {
  admins,
  anyone,
  auditors,
  closing,
  everyAccount,
  ofAccount,
  ofOrder,
  oneself,
  onlyOwner,
  type Row,
  row,
  shoppers,
} from './access-rules.ts';

const PRODUCT = { params: { product_id: 'MATRIX' } };
const ADDRESS = { line1: 'Elsewhere 5', city: 'York', country: 'GB' };
const ITEMS = [{ product_id: 'MATRIX', quantity: 1 }];

const CATALOG: Record<string, Row> = {
  'catalog.list': row(anyone, 200),
  'catalog.get': row(anyone, 200, () => PRODUCT),
  'catalog.categories': row(anyone, 200),
  'catalog.image.serve': row(anyone, 200, (_, { picture }) => picture()),
  'catalog.create': row(admins, 201, (_, { fresh }) => ({ body: { product_id: fresh(), name: 'n', price: '1' } })),
  'catalog.update': row(admins, 200, () => ({ ...PRODUCT, body: { name: 'Matrix' } })),
  'catalog.delete': row(admins, 204, async (_, { product }) => ({ params: { product_id: await product() } })),
  'catalog.restore': row(admins, 200, () => PRODUCT),
  'catalog.export': row(admins, 200),
  'catalog.import': row(admins, 200, () => ({
    body: Buffer.from('product_id,name\nMATRIX,Matrix\n'),
    headers: { 'content-type': 'text/csv' },
  })),
  'catalog.image.upload': row(admins, 201, (_, { upload }) => ({ ...PRODUCT, ...upload() })),
  'catalog.image.arrange': row(admins, 200, async (_, { product }) => ({
    params: { product_id: await product() },
    body: { images: [] },
  })),
  'catalog.image.delete': row(admins, 204, async (_, { image }) => ({
    params: { ...PRODUCT.params, image_id: await image() },
  })),
};

const INVENTORY: Record<string, Row> = {
  'inventory.list': row(anyone, 200),
  'inventory.get': row(anyone, 200, () => PRODUCT),
  'inventory.check': row(anyone, 200, () => ({ body: { items: ITEMS } })),
  'inventory.allocation': row(admins, [200, 'not-found'], ({ order }) => ({ params: { order_id: order } })),
  'inventory.ledger': row(admins, 200, () => PRODUCT),
  'inventory.movements': row(admins, 200),
  'inventory.replenish': row(admins, 200, () => ({ ...PRODUCT, body: { quantity: 1 } })),
  'inventory.adjust': row(admins, 200, () => ({ ...PRODUCT, body: { delta: 1, reason: 'counted' } })),
  'inventory.update': row(admins, 200, () => ({ ...PRODUCT, body: { low_stock_threshold: 1 } })),
  'inventory.reserve': row(admins, 201, () => ({ body: { items: ITEMS } })),
  'inventory.reservations': row(admins, 200),
  'inventory.reservation': row(admins, 200, async (_, { reservation }) => ({ params: { id: await reservation() } })),
  'inventory.extend': row(admins, 200, async (_, { reservation }) => ({
    params: { id: await reservation() },
    body: { ttl_seconds: 900 },
  })),
  'inventory.commit': row(admins, 200, async (_, { reservation }) => ({ params: { id: await reservation() } })),
  'inventory.release': row(admins, 204, async (_, { reservation }) => ({ params: { id: await reservation() } })),
};

const SPAN = {
  trace_id: 'a'.repeat(32),
  span_id: 'b'.repeat(16),
  endpoint: 'orders.place',
  started_at: 1,
  ended_at: 2,
  status: 201,
};
const ORDERS: Record<string, Row> = {
  'orders.place': row(shoppers, 201, () => ({ body: { email: 'somebody@example.com', items: ITEMS } })),
  // Their own: what is in it is looked at by itself.
  'orders.list': row(everyAccount, 200),
  'orders.get': ofOrder(200),
  'orders.items': ofOrder(200),
  'orders.timeline': ofOrder(200),
  'orders.stream': ofOrder(200),
  'orders.outlook': ofOrder(200),
  'traces.tell': row(anyone, 204, () => ({ body: { spans: [SPAN] } })),
  'xray.order': row(admins, 200, ({ order }) => ({ params: { id: order } })),
  'orders.cancel': ofOrder([200, 'illegal-status-change'], {}),
  'orders.export': row(admins, 200),
  'orders.statistics': row(admins, 200),
  'orders.change-status': row(admins, 'illegal-status-change', ({ order }) => ({
    params: { id: order },
    body: { status: 'delivered' },
  })),
  'orders.delete': row(admins, [204, 'not-found', 'not-finished'], ({ order }) => ({ params: { id: order } })),
};

const PAYMENTS: Record<string, Row> = {
  'payments.methods': row(anyone, 200),
  // Believed by its signature alone; nobody tells of the test provider.
  'payments.webhook': row(anyone, 'not-found', () => ({ params: { provider: 'test' }, body: {} })),
  'payments.list': row(admins, 200),
  'payments.get': row(admins, 200, ({ payment }) => ({ params: { id: payment } })),
  'payments.refund': row(admins, [202, 'not-refundable'], ({ payment }) => ({
    params: { id: payment },
    body: { amount: '0.01' },
  })),
  'payments.refunds': row(admins, 200),
  'payments.webhook-events': row(admins, 200),
};

const CUSTOMERS: Record<string, Row> = {
  'customers.register': row(anyone, [201, 202], (_, { fresh }) => ({
    body: { email: `${fresh()}@example.com`, password: 'a long enough secret' },
  })),
  'customers.login': row(anyone, ['wrong-credentials', 'too-many-attempts'], () => ({
    body: { email: 'stranger@example.com', password: 'guessed' },
  })),
  'customers.refresh': row(anyone, 'session-over'),
  'customers.logout': row(anyone, 204),
  'customers.forgot-password': row(anyone, 202, () => ({ body: { email: 'stranger@example.com' } })),
  'customers.reset-password': row(anyone, 'invalid-reset-token', () => ({
    body: { token: 'guessed', password: 'a long enough secret' },
  })),
  'customers.jwks': row(anyone, 200),
  'customers.me': row(oneself, 200),
  'customers.logout-everywhere': row(everyAccount, 204),
  'customers.list': row(admins, 200),
  'customers.export-all': row(admins, 200),
  'customers.import': row(admins, 200, () => ({
    body: Buffer.from('email,name\nnobody-yet,N\n'),
    headers: { 'content-type': 'text/csv' },
  })),
  'customers.get': ofAccount(200),
  'customers.update': ofAccount(200, () => ({ body: { name: 'N' } })),
  'customers.delete': {
    ...ofAccount(['wrong-password', 'too-many-attempts'], () => ({ body: { current_password: 'guessed' } })),
    rule: closing,
  },
  'customers.export': ofAccount(200),
  'customers.addresses': ofAccount(200),
  'customers.add-address': ofAccount(201, () => ({ body: { address: ADDRESS } })),
  'customers.update-address': ofAccount(200, ({ address }) => ({
    params: { address_id: address },
    body: { label: 'l' },
  })),
  'customers.delete-address': ofAccount(204, async (of, { addressOf }) => ({
    params: { address_id: await addressOf(of) },
  })),
  'customers.cart': { ...row(onlyOwner, 200, ({ customer }) => ({ params: { id: customer } })), owned: true },
  'customers.put-cart': {
    ...row(onlyOwner, 200, ({ customer }) => ({ params: { id: customer }, body: { items: [], version: 0 } })),
    owned: true,
  },
};

const KEYS: Record<string, Row> = {
  'customers.rotate-key': row(admins, [201, 'key-in-use']),
  'customers.revoke-key': row(admins, 'not-found', () => ({ params: { kid: 'nobody-s' } })),
};

const NOTIFICATIONS: Record<string, Row> = {
  'notifications.list': row(everyAccount, 200),
  'notifications.get': row(admins, 200, ({ notification }) => ({ params: { id: notification } })),
  'notifications.resend': row(admins, [202, 'not-resendable'], ({ notification }) => ({
    params: { id: notification },
    body: {},
  })),
  'notifications.suppressions': row(admins, 200),
  'notifications.suppress': row(admins, 201, () => ({
    body: { channel: 'email', recipient: 'gone@example.com', reason: 'bounced' },
  })),
  'notifications.lift-suppression': row(admins, 204, async (_, { suppression }) => ({
    params: { id: await suppression() },
  })),
  'notifications.development-sms': row(admins, 200),
};

const letterOf =
  (room: (typeof SERVICES)[number], body?: object): Row['ask'] =>
  async (_, { letter }) => {
    const { id } = await letter(room);
    return { params: { id }, ...(body && { body }) };
  };
const groupOf =
  (room: (typeof SERVICES)[number]): Row['ask'] =>
  async (_, { letter }) => {
    const { group } = await letter(room);
    return { body: { group, why: 'looked at' } };
  };
const DESKS: Record<string, Row>[] = SERVICES.map((room) => ({
  [`${room}.dead-letters.list`]: row(admins, 200),
  [`${room}.dead-letters.causes`]: row(admins, 200),
  [`${room}.dead-letters.get`]: row(admins, 200, letterOf(room)),
  [`${room}.dead-letters.dry-run`]: row(admins, 'still-faulty', letterOf(room, {})),
  [`${room}.dead-letters.retry`]: row(admins, 'still-faulty', letterOf(room, { why: 'looked at' })),
  [`${room}.dead-letters.discard`]: row(admins, 200, letterOf(room, { why: 'looked at' })),
  [`${room}.dead-letters.retry-group`]: row(admins, 200, groupOf(room)),
  [`${room}.dead-letters.discard-group`]: row(admins, 200, groupOf(room)),
  [`${room}.dead-letters.stop`]: row(admins, 200, () => ({ body: { why: 'looked at' } })),
}));

const MESSAGES: Record<string, Row>[] = SERVICES.map((room) => ({
  [`${room}.messages`]: row(admins, 200, ({ order }) => ({ query: { subject: order } })),
  [`${room}.activity`]: row(admins, 200),
}));
const AUDITS: Record<string, Row>[] = ['orders', 'inventory', 'payments', 'notifications'].map((room) => ({
  [`${room}.audit.report`]: row(admins, 200),
  [`${room}.audit.everything`]: row(admins, 204),
  ...(room !== 'orders' && {
    [`${room}.audit.orders`]: row(auditors, 200, ({ order }) => ({ query: { ids: order } })),
    [`${room}.audit.waiting`]: row(auditors, 200, ({ order }) => ({ query: { ids: order } })),
  }),
  ...(['inventory', 'payments'].includes(room) && {
    [`${room}.audit.known`]: row(auditors, 200, ({ order }) => ({ query: { after: order, until: order } })),
  }),
}));

const GATEWAY: Record<string, Row> = {
  'tap.events': row(admins, 200),
};

const OF_FOUND: Record<string, Row>[] = await Promise.all(
  FOUND.map(async (name) => (await import(/* @vite-ignore */ `./access/${name}.ts`)).ROWS),
);

export const TABLE: Record<string, Row> = Object.assign(
  {},
  ...[GATEWAY, KEYS, ...OF_FOUND],
  ...[CATALOG, INVENTORY, ORDERS, PAYMENTS, CUSTOMERS, NOTIFICATIONS, ...DESKS, ...MESSAGES, ...AUDITS],
);
