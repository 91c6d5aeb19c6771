// The pictures of docs/tour.md: a scratch shop is started, people buy in it, and a browser looks at its pages.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { findBrowser } from './find-browser.mjs';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs', 'tour');
const OFFSET = 700;
const WEB = `http://localhost:${3000 + OFFSET}`;
const SELLING_MS = 6 * 60_000;
const ADMIN = { email: 'admin@tradewind.test', password: 'correct horse battery' };
const PEOPLE = [
  ['Ada Lovelace', 'London', 'GB'],
  ['Grace Hopper', 'New York', 'US'],
  ['Émilie du Châtelet', 'Paris', 'FR'],
  ['Katherine Johnson', 'Hampton', 'US'],
  ['Hedy Lamarr', 'Wien', 'AT'],
];
const WANTED = ['PROD001', '456', 'PROD002', 'PROD003', 'PROD004', '1', 'PROD005'];

async function main() {
  const data = mkdtempSync(join(tmpdir(), 'tradewind-tour-'));
  const shop = spawn(
    process.execPath,
    ['dist/src/main.js', `--port-offset=${OFFSET}`, `--data-dir=${data}`, '--payment-latency-ms=400'],
    { cwd: ROOT, stdio: 'ignore', env: { ...process.env, ADMIN_PASSWORD: ADMIN.password, RATE_LIMIT_CHECKOUT: '0' } },
  );
  try {
    await ready();
    const token = await signIn();
    const orders = await sell(token);
    await take(orders);
  } finally {
    shop.kill('SIGTERM');
    await new Promise((resolve) => shop.once('close', resolve));
    rmSync(data, { recursive: true, force: true });
  }
}

async function ready() {
  for (let i = 0; i < 200; i++) {
    if (
      await fetch(`${WEB}/api/health`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error('the shop did not start: are its ports free?');
}

async function ask(path, method, body, token) {
  const answer = await fetch(`${WEB}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function signIn() {
  return (await ask('/api/auth/login', 'POST', ADMIN)).access_token;
}

/** Six busy minutes: most pay, some are declined, some orders are on their way already. */
async function sell(token) {
  const orders = [];
  const end = Date.now() + SELLING_MS;
  for (let i = 0; Date.now() < end; i++) {
    const [name, city, country] = PEOPLE[i % PEOPLE.length];
    const order = await ask('/api/checkout', 'POST', {
      name,
      email: `${name
        .split(' ')[0]
        .toLowerCase()
        .normalize('NFD')
        .replace(/[^a-z]/g, '')}@example.com`,
      shipping_address: { line1: `${i + 1} Harbour Street`, city, country },
      payment_method: i % 9 === 4 ? 'pm_declined' : i % 13 === 6 ? 'pm_slow' : 'pm_success',
      items: [
        { product_id: WANTED[i % WANTED.length], quantity: 1 + (i % 3) },
        ...(i % 2 ? [{ product_id: WANTED[(i + 3) % WANTED.length], quantity: 1 }] : []),
      ],
    });
    orders.push(order);
    // As in life, some minutes are busier than others.
    await sleep(700 + 900 * Math.sin(i / 9) ** 2 + 500 * Math.random());
  }
  await sleep(3_000);
  for (const order of orders.slice(-30, -12)) {
    const { status } = await ask(`/api/orders/${order.id}`, 'GET', undefined, token);
    if (status !== 'confirmed') continue;
    const tracking = { carrier: 'Blue Sail', number: `BS-${1000 + order.number}` };
    await ask(`/api/orders/${order.id}/status`, 'PATCH', { status: 'shipped', tracking }, token);
  }
  await sleep(1_000);
  return orders;
}

async function take(orders) {
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: ['--no-sandbox'] });
  const open = async (options = {}) => {
    const context = await browser.newContext({
      baseURL: WEB,
      locale: 'en-US',
      viewport: { width: 1360, height: 860 },
      ...options,
    });
    return context.newPage();
  };
  const shoot = async (page, name, path, { wait = 900, full = false } = {}) => {
    if (path) await page.goto(path, { waitUntil: 'load' });
    await sleep(wait);
    const picture = sharp(await page.screenshot({ fullPage: full }));
    await picture.webp({ quality: 82 }).toFile(join(FOLDER, `${name}.webp`));
    process.stdout.write(`docs/tour/${name}.webp\n`);
  };
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

  const shopper = await open();
  await shoot(shopper, 'home', '/');
  await shoot(shopper, 'search', '/products?search=hedphones');
  await shoot(shopper, 'product', '/products/PROD001');
  await shopper.getByRole('button', { name: 'Add to cart' }).click();
  await shopper.goto('/products/456');
  await shopper.getByRole('button', { name: 'Add to cart' }).click();
  await shoot(shopper, 'checkout', '/checkout');
  const order = orders.at(-20);
  await shoot(shopper, 'order', `/orders/${order.id}?token=${order.guest_token}`);
  await shoot(await open(phone), 'phone', '/products/1');
  await shoot(await open({ colorScheme: 'dark' }), 'home-dark', '/');

  const owner = await open();
  await owner.goto('/admin');
  await owner.getByLabel('E-mail').fill(ADMIN.email);
  await owner.getByLabel('Password').fill(ADMIN.password);
  await owner.getByRole('button', { name: 'Log in' }).click();
  await owner.getByRole('navigation').first().waitFor();
  await shoot(owner, 'dashboard', '/admin?range=1h', { wait: 1_500 });
  await shoot(owner, 'orders', '/admin/orders', { wait: 1_500 });
  await shoot(owner, 'admin-order', `/admin/orders/${order.id}`, { wait: 1_500 });
  await shoot(owner, 'admin-product', '/admin/products/PROD001', { wait: 1_500 });
  await shoot(owner, 'stock', '/admin/stock', { wait: 1_500 });
  await owner.emulateMedia({ colorScheme: 'dark' });
  await shoot(owner, 'dashboard-dark', '/admin?range=1h', { wait: 1_500 });
  await browser.close();
}

await main();
