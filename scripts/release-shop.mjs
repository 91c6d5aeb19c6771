// A shop as a release leaves it: orders in all states, some of them on their way when its process was killed. Its backup is
// kept in test/fixtures, and every later version is tried with it (test/upgrade.test.ts).
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const FILE = join(ROOT, 'test', 'fixtures', `shop-${version}.backup`);
const OFFSET = '1700';
const API = `http://localhost:${9000 + Number(OFFSET)}`;
/** Of a shop that exists nowhere. */
const ADMIN = { email: 'admin@tradewind.test', password: 'correct horse battery' };
const LATENCY_MS = '400';

async function main() {
  if (existsSync(FILE)) throw new Error(`${FILE} is there already: a release is what it was`);
  mkdirSync(join(ROOT, 'test', 'fixtures'), { recursive: true });
  const data = mkdtempSync(join(tmpdir(), 'tradewind-release-shop-'));
  const where = [`--port-offset=${OFFSET}`, `--data-dir=${data}`];
  const shop = start(['dist/src/main.js', ...where, '--sample-shop=false', `--payment-latency-ms=${LATENCY_MS}`]);
  try {
    await ready(shop.child);
    await live();
    shop.child.kill('SIGKILL');
    await shop.ended;
    const backup = start(['dist/src/backup/main.js', ...where, `--to=${FILE}`]);
    if ((await backup.ended) !== 0) throw new Error('the backup failed');
  } finally {
    shop.child.kill('SIGKILL');
    await shop.ended;
    rmSync(data, { recursive: true, force: true });
  }
}

function start(args) {
  const env = {
    ...process.env,
    ADMIN_PASSWORD: ADMIN.password,
    RATE_LIMIT: '0',
    RATE_LIMIT_CHECKOUT: '0',
    LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env });
  return { child, ended: new Promise((resolve) => child.once('close', resolve)) };
}

async function ready(child) {
  for (let i = 0; i < 300 && child.exitCode === null; i++) {
    const up = await fetch(`${API}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return;
    await sleep(100);
  }
  throw new Error('the shop did not start: are its ports free?');
}

async function ask(path, method = 'GET', body = undefined, token = undefined) {
  const form = body instanceof FormData;
  const answer = await fetch(`${API}${path}`, {
    method,
    headers: {
      ...(body && !form && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: form ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

const login = async (account) => (await ask('/api/auth/login', 'POST', account)).access_token;

function place(more = {}) {
  return ask('/api/checkout', 'POST', {
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    shipping_address: { line1: '12 Harbour Street', city: 'London', country: 'GB' },
    items: [
      { product_id: 'TEA', quantity: 2 },
      { product_id: 'BOOK', quantity: 1 },
    ],
    ...more,
  });
}

async function until(order, status) {
  for (let i = 0; i < 300; i++) {
    const now = await ask(`/api/orders/${order.id}?token=${order.guest_token}`);
    if (now.status === status) return order;
    await sleep(100);
  }
  throw new Error(`order ${order.number} did not become ${status}`);
}

/** A life of some seconds. */
async function live() {
  const admin = await login(ADMIN);
  await furnish(admin);
  await people();
  const move = (order, status) => ask(`/api/orders/${order.id}/status`, 'PATCH', { status }, admin);

  const paid = await Promise.all(Array.from({ length: 6 }, () => place().then((order) => until(order, 'confirmed'))));
  const [, shipped, delivered, cancelled, refunded] = paid;
  await until(await place({ payment_method: 'pm_declined' }), 'failed');
  await until(await place({ items: [{ product_id: 'RARE', quantity: 5 }] }), 'failed');
  await move(shipped, 'shipped');
  await move(delivered, 'shipped');
  await move(delivered, 'delivered');
  await ask(`/api/orders/${cancelled.id}/cancel?token=${cancelled.guest_token}`, 'POST', { reason: 'changed my mind' });
  const { items: payments } = await ask(`/api/payments?order_id=${refunded.id}`, 'GET', undefined, admin);
  await ask(`/api/payments/${payments[0].id}/refund`, 'POST', { amount: '1.50', reason: 'a dent' }, admin);
  await ask('/api/reservations', 'POST', { items: [{ product_id: 'TEA', quantity: 3 }], ttl_seconds: 86_400 }, admin);
  await sleep(2_000);

  // The last thing it hears are many orders at once; some have come far, some not.
  for (let i = 0; i < 8; i++) await place({ payment_method: i % 2 ? 'pm_slow' : 'pm_success' });
  await Promise.all(
    Array.from({ length: 24 }, (_, i) => place({ payment_method: i % 5 ? 'pm_success' : 'pm_declined' })),
  );
}

async function furnish(admin) {
  const product = (product_id, name, price, stock, more = {}) =>
    ask('/api/products', 'POST', { product_id, name, price, stock, ...more }, admin);
  await product('TEA', 'Green tea', '4.50', 1_000, { prices: { EUR: '4.20', JPY: 700 }, category: 'Kitchen' });
  await product('BOOK', 'A book of maps', '30.00', 500, { category: 'Books', description: 'All the coasts.' });
  await product('RARE', 'Something rare', '99.00', 2);
  await product('GONE', 'No longer sold', '1.00', 5);
  await ask('/api/products/GONE', 'DELETE', undefined, admin);
  const form = new FormData();
  const picture = readFileSync(join(ROOT, 'src/services/catalog/sample-pictures/mug-medium.webp'));
  form.append('file', new Blob([picture], { type: 'image/webp' }), 'tea.webp');
  form.append('alt', 'Tea');
  await ask('/api/products/TEA/image', 'POST', form, admin);
  for (let i = 0; i < 100; i++) {
    const known = await fetch(`${API}/api/inventory/RARE`).then(({ ok }) => ok);
    if (known) return sleep(500);
    await sleep(50);
  }
}

async function people() {
  const grace = { email: 'grace@example.com', password: 'a long enough secret' };
  await ask('/api/customers', 'POST', { ...grace, name: 'Grace Hopper' });
  const token = await login(grace);
  const { id } = await ask('/api/auth/me', 'GET', undefined, token);
  const address = { line1: '1 Navy Yard', city: 'New York', country: 'US' };
  await ask(`/api/customers/${id}/addresses`, 'POST', { address, label: 'home' }, token);
  await ask(`/api/customers/${id}/cart`, 'PUT', { items: [{ product_id: 'BOOK', quantity: 1 }], version: 0 }, token);
  await ask('/api/auth/forgot-password', 'POST', { email: grace.email });
  const gone = { email: 'gone@example.com', password: 'a long enough secret' };
  await ask('/api/customers', 'POST', gone);
  const theirs = await login(gone);
  const { id: closed } = await ask('/api/auth/me', 'GET', undefined, theirs);
  await ask(`/api/customers/${closed}`, 'DELETE', { current_password: gone.password }, theirs);
}

await main();
