/** A shop with its pages and a real browser before it. Whatever the browser complains of fails the test. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, vi } from 'vitest';
import { ADMIN, startTestShop, type TestShop, type TestShopOptions } from '../harness.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** On two cores beside other tests, whole shops and browsers have to wait for each other. */
const PATIENCE_MS = 20_000;

export const hasBrowser = () => inject('browserPath') !== '';

export let shop: TestShop;
let browser: Browser;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];
let expected: RegExp[] = [];

/** One shop and one browser for the tests of a file. */
export function useShop(options: TestShopOptions = {}): void {
  vi.setConfig({ testTimeout: 120_000 });
  beforeAll(async () => {
    shop = await startTestShop({ web: true, ...options });
    browser = await chromium.launch({ executablePath: inject('browserPath'), args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    const odd = complaints.splice(0).filter((one) => !expected.some((pattern) => pattern.test(one)));
    expected = [];
    expect(odd).toEqual([]);
  });
}

/** What the browser may complain of in this test: a refused request is an error on its console. */
export function expectComplaints(...patterns: RegExp[]): void {
  expected = patterns;
}

/** A person at a browser of their own. */
export async function visitor(options: BrowserContextOptions & { at?: string } = {}): Promise<Page> {
  const { at = shop.web, ...rest } = options;
  const context = await browser.newContext({
    baseURL: at,
    locale: 'en-US',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    ...rest,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  contexts.push(context);
  return newTab(context);
}

export async function newTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  return page;
}

type Look = { colorScheme: 'light' | 'dark'; width: number };
/** What colours can change, and what width and all that it hides can. */
const COLOURS = ['color-contrast', 'link-in-text-block'];
const WIDTH = [
  ...['target-size', 'scrollable-region-focusable', 'aria-hidden-focus', 'button-name', 'link-name', 'label'],
  ...['empty-heading', 'empty-table-header', 'page-has-heading-one', 'region'],
];
const FIRST: Look = { colorScheme: 'light', width: 1280 };
/** Everything is looked for in the first; in the others what can be different. */
const OTHERS: readonly (Look & { rules: readonly string[] })[] = [
  { colorScheme: 'dark', width: 1280, rules: COLOURS },
  { colorScheme: 'dark', width: 390, rules: [...COLOURS, ...WIDTH] },
];
async function dress(page: Page, { colorScheme, width }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 900 });
}

/** What axe-core finds in light and dark, wide and narrow, and whether the page fits; it is left in the first look. */
export async function faultsInLooks(page: Page): Promise<string[]> {
  await dress(page, FIRST);
  const faults = await faultsOf(page);
  for (const look of OTHERS) {
    await dress(page, look);
    const found = await faultsOf(page, look.rules);
    if (!(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))) found.push('does not fit');
    faults.push(...found.map((fault) => `${look.colorScheme}, ${look.width} pixels wide: ${fault}`));
  }
  await dress(page, FIRST);
  return faults;
}

/** What axe-core finds against WCAG 2.2 AA and good practice, or by some of its rules; [] is what we want. */
export async function faultsOf(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Not half faded in: to wait for every fade would take longer than to look.
  await page.evaluate(`document.getAnimations()
    .filter((one) => one.effect?.getTiming().iterations !== Infinity).forEach((one) => one.finish())`);
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE);
  const options = {
    resultTypes: ['violations'],
    ...(rules ? { runOnly: rules } : { rules: { 'target-size': { enabled: true } } }),
  };
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) => `${new URL(page.url()).pathname} ${id}: ${html.slice(0, 200)} ${failureSummary}`,
    ),
  );
}

/** Puts products into the cart as a shopper does. */
export async function addToCart(page: Page, ...productIds: string[]): Promise<void> {
  for (const id of productIds) {
    await page.goto(`/products/${id}`);
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.getByText('is in your cart').last().waitFor();
  }
}

export interface Buyer {
  email?: string;
  method?: string;
}

/** Fills in the checkout, up to the last click. */
export async function fillCheckout(page: Page, { email, method }: Buyer = {}): Promise<void> {
  await page.goto('/checkout');
  if (email) await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
  await page.getByLabel('Street and number').fill('12 St James Square');
  await page.getByLabel('City').fill('London');
  await page.getByLabel('Country').selectOption('GB');
  if (method) await page.locator(`input[value="${method}"]`).check();
  await orderButton(page).and(page.locator(':enabled')).waitFor();
}

export const orderButton = (page: Page) => page.getByRole('button', { name: /Order and pay|Ordering/ });

/** The number of orders there are for an address. */
export async function ordersOf(email: string): Promise<number> {
  const [row] = await shop.query<{ count: number }>('orders', 'select count(*)::int from orders where email = $1', [
    email,
  ]);
  return row?.count ?? 0;
}

export async function register(page: Page, email: string, password = 'correct horse battery'): Promise<void> {
  await page.goto('/register');
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Open the account' }).click();
  await page.getByRole('link', { name: 'Orders' }).waitFor();
}

/** The shop's owner, in the admin. */
export async function owner(options: BrowserContextOptions & { at?: string } = {}): Promise<Page> {
  const page = await visitor(options);
  await page.goto('/admin');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Log in to the admin' }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}
