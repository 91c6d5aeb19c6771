import { chromium } from 'playwright-core';
const base = 'http://localhost:3300';
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [theme, width] of [['light', 1440], ['dark', 1440], ['light', 390]]) {
  const ctx = await b.newContext({ viewport: { width, height: 900 }, colorScheme: theme, baseURL: base });
  const page = await ctx.newPage();
  page.on('console', (m) => ['error','warning'].includes(m.type()) && console.log(m.type(), m.text()));
  page.on('pageerror', (e) => console.log('pageerror', e.message));
  await page.goto('/admin', { waitUntil: 'networkidle' });
  await page.getByLabel('E-mail').fill('admin@tradewind.test');
  await page.getByLabel('Password').fill('correct-horse-battery');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForTimeout(1500);
  for (const [name, path] of Object.entries({ dash: '/admin', orders: '/admin/orders', products: '/admin/products', product: '/admin/products/PROD001', create: '/admin/products/new', stock: '/admin/stock', customers: '/admin/customers', payments: '/admin/payments', notifications: '/admin/notifications' })) {
    await page.goto(path, { waitUntil: 'networkidle' }).catch(() => {});
    await page.waitForTimeout(400);
    await page.screenshot({ path: `/tmp/mine/a-${name}-${theme}-${width}.png` });
  }
  await page.goto('/admin/orders', { waitUntil: 'networkidle' });
  await page.locator('a[href*="/admin/orders/0"]').first().click();
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `/tmp/mine/a-order-${theme}-${width}.png`, fullPage: true });
  await ctx.close();
}
await b.close();
