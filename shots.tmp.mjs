import { chromium } from 'playwright-core';

const base = process.env.BASE ?? 'http://localhost:3300';
const [, , ...want] = process.argv;
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
async function shot(name, path, { width = 1280, height = 900, dark = false, full = true, prep } = {}) {
  if (want.length && !want.some((w) => name.startsWith(w))) return;
  const ctx = await b.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  const page = await ctx.newPage();
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(name, m.type(), m.text()));
  page.on('pageerror', (e) => console.log(name, 'pageerror', e.message));
  await page.goto(base + path, { waitUntil: 'networkidle' }).catch((e) => console.log(e.message));
  if (prep) await prep(page);
  await page.waitForTimeout(300);
  await page.screenshot({ path: `/tmp/shots/${name}.png`, fullPage: full });
  await ctx.close();
}
const addSome = async (page) => {
  await page.goto(base + '/products/PROD001', { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.goto(base + '/products/456', { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'Add to cart' }).click();
};
await shot('home', '/');
await shot('home-dark', '/', { dark: true });
await shot('home-phone', '/', { width: 390, height: 844 });
await shot('list', '/products');
await shot('list-search', '/products?search=hedphone');
await shot('list-none', '/products?search=zzzzqq&available=yes');
await shot('product', '/products/PROD001');
await shot('product-phone', '/products/1', { width: 390, height: 844, dark: true });
await shot('cart', '/cart', {
  prep: async (p) => {
    await addSome(p);
    await p.goto(base + '/cart', { waitUntil: 'networkidle' });
  },
});
await shot('checkout', '/cart', {
  prep: async (p) => {
    await addSome(p);
    await p.goto(base + '/checkout', { waitUntil: 'networkidle' });
  },
});
const order = async (p, method) => {
  await addSome(p);
  await p.goto(base + '/checkout', { waitUntil: 'networkidle' });
  await p.getByLabel('E-mail').fill('ada@example.com');
  await p.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
  await p.getByLabel('Street and number').fill('12 St James Square');
  await p.getByLabel('City').fill('London');
  await p.getByLabel('Country').selectOption('GB');
  if (method) await p.locator(`input[value=${method}]`).check();
  await p.getByRole('button', { name: /Order and pay/ }).click();
  await p.waitForURL('**/orders/**', { timeout: 8000 }).catch((e) => console.log(e.message));
  await p.waitForTimeout(3500);
};
await shot('order', '/', { prep: (p) => order(p) });
await shot('order-declined-dark', '/', { dark: true, prep: (p) => order(p, 'pm_declined') });
await shot('order-phone', '/', { width: 390, height: 844, prep: (p) => order(p) });
await shot('login', '/login');
await shot('register', '/register');
await b.close();
