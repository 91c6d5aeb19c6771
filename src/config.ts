/**
 * Every setting there is: name, type, default, meaning. From the environment, a `.env` file in the working directory,
 * or a flag (`--port-gateway=9100`); flags win, then the environment. All mistakes are reported at once, by name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { FOUND_CONTRACTS } from './contracts/found.ts';
import { addressesIn } from './platform/broker-nodes.ts';
import type { Setting } from './setting-kinds.ts';
import {
  azureConnection,
  brokers,
  choice,
  currency,
  flag,
  fraction,
  integer,
  list,
  pairs,
  pattern,
  text,
  url,
} from './setting-kinds.ts';

const port = (fallback: number, doc: string) => integer(fallback, doc, 0, 65_535);
const database = (room: string) =>
  url(['postgres', 'postgresql'], `Database of ${room}; wins over DATABASE_URL`, { secret: true });
const room = (name: string, number: number) =>
  url(
    ['http', 'https'],
    `Where the gateway and other rooms find ${name}, when it runs elsewhere (its port: ${number})`,
  );

const SETTINGS = {
  HOST: text('127.0.0.1', 'Address to listen on; 0.0.0.0 for every network of this machine'),
  PORT_OFFSET: integer(0, 'Added to every port below, so that two shops can run side by side', 0, 30_000),
  PORT_WEB: port(3000, 'The pages of shop and admin, beside the gateway'),
  PORT_GATEWAY: port(9000, 'The one door for clients'),
  PORT_CATALOG: port(8000, 'Catalog'),
  PORT_ORDERS: port(8001, 'Orders'),
  PORT_CUSTOMERS: port(8002, 'Customers'),
  PORT_PAYMENTS: port(8003, 'Payments'),
  PORT_NOTIFICATIONS: port(8004, 'Notifications'),
  PORT_INVENTORY: port(8005, 'Inventory'),
  PORT_MAILBOX: port(8026, 'Viewer of the development mailbox'),
  PORT_SMTP: port(8025, 'Mail server of the development mailbox'),
  PORT_POSTGRES: port(15_432, 'PostgreSQL, when the shop brings its own'),

  DATA_DIR: text('.data', 'Folder for everything the shop keeps itself'),
  DATABASE_URL: url(
    ['postgres', 'postgresql'],
    'PostgreSQL server for all rooms; each gets its own database, named after the one given here: shop_orders, …',
    { secret: true },
  ),
  CATALOG_DATABASE_URL: database('catalog'),
  INVENTORY_DATABASE_URL: database('inventory'),
  ORDERS_DATABASE_URL: database('orders'),
  PAYMENTS_DATABASE_URL: database('payments'),
  CUSTOMERS_DATABASE_URL: database('customers'),
  NOTIFICATIONS_DATABASE_URL: database('notifications'),
  DATABASE_POOL_SIZE: integer(8, 'Connections of each room to its database', 3, 100),

  AMQP_URL: brokers(
    'RabbitMQ, or the nodes of its cluster with commas between them; without it one process carries the messages itself',
  ),
  AMQP_NAMESPACE: text('tradewind', 'Prefix of exchange and queue names'),
  CATALOG_URL: room('catalog', 8000),
  INVENTORY_URL: room('inventory', 8005),
  ORDERS_URL: room('orders', 8001),
  PAYMENTS_URL: room('payments', 8003),
  CUSTOMERS_URL: room('customers', 8002),
  NOTIFICATIONS_URL: room('notifications', 8004),

  SMTP_URL: url(['smtp', 'smtps'], 'Mail server; without it a development mailbox is started', { secret: true }),
  MAIL_FROM: text('Tradewind <shop@tradewind.test>', 'Sender of every mail'),
  MERCHANT_EMAIL: text('merchant@tradewind.test', 'Who is told that stock is low'),
  MAIL_CONCURRENCY: integer(5, 'Mails sent side by side', 1, 100),
  SHOP_URL: url(['http', 'https'], 'Where links in mails lead; the pages of this machine unless set'),
  SHOP_NAME: pattern(
    'Tradewind',
    /^[^\p{Cc}]{1,60}$/u,
    'a name of one line',
    'What the shop calls itself in mails and SMS',
  ),
  SMS_PROVIDER: choice(
    'auto',
    ['auto', 'twilio', 'development', 'none'],
    'development records SMS instead of sending them; none: everything goes by mail; auto: Twilio when it is set, else development',
  ),
  TWILIO_ACCOUNT_SID: pattern('', /^AC[0-9a-fA-F]{32}$/, 'AC and 32 hexadecimal digits', 'Account that sends SMS'),
  TWILIO_AUTH_TOKEN: text('', 'Its secret', { secret: true }),
  TWILIO_FROM: pattern(
    '',
    /^(\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/,
    'a number (+1…), a Messaging Service (MG…) or a sender name of up to 11 letters and digits',
    'Who SMS come from',
  ),
  TWILIO_API_URL: url(['https', 'http'], 'Where Twilio is', { fallback: 'https://api.twilio.com' }),

  ADMIN_EMAIL: text('admin@tradewind.test', 'Account of the first admin'),
  ADMIN_PASSWORD: text('', 'Its password, set at every start; without it one is made and shown once', { secret: true }),
  AUDIT_TOKEN: pattern(
    '',
    /^[A-Za-z0-9._~+/-]{16,}=*$/,
    '16 or more letters, digits and any of . _ ~ + / - =',
    'Secret by which the services of a shop in several processes compare their books; the same for all of them (one process makes its own)',
    { secret: true },
  ),
  TOKEN_SECONDS: integer(900, 'How long an access token is valid', 30, 86_400),

  SIGNING_KEY_DAYS: integer(
    90,
    'When tokens are signed with another key, which nobody notices; 0: only when asked',
    0,
    3_650,
  ),
  SESSION_DAYS: integer(30, 'How long a login lasts without being used', 1, 400),

  CURRENCY: currency('USD', 'Currency of products that do not say'),
  PAYMENT_LATENCY_MS: integer(1_000, 'How long the built-in test provider takes', 0, 60_000),
  PAYMENT_TIMEOUT_MS: integer(10_000, 'When a call to the payment provider is given up and tried again', 100, 120_000),
  PAYMENT_CONCURRENCY: integer(512, 'Calls to the payment provider side by side', 1, 10_000),
  STRIPE_SECRET_KEY: pattern(
    '',
    /^[rs]k_\w+$/,
    'a secret or restricted key of Stripe (sk_… or rk_…)',
    'Stripe charges with this key; without it the built-in test provider does',
    { secret: true },
  ),
  STRIPE_WEBHOOK_SECRET: pattern(
    '',
    /^whsec_\S+([,\s]+whsec_\S+)*$/,
    'a signing secret (whsec_…), or several separated by commas',
    "Signing secret of Stripe's webhooks; the old and the new one while they are rotated",
    { secret: true },
  ),
  STRIPE_API_URL: url(['https', 'http'], 'Where Stripe is', { fallback: 'https://api.stripe.com' }),
  STOCK_DEADLINE_SECONDS: integer(120, 'How long an order waits for stock before it fails', 1, 86_400),
  PAYMENT_DEADLINE_SECONDS: integer(900, 'How long an order waits for payment before it fails', 1, 604_800),
  WEBHOOKS_PRIVATE_HOSTS: list(
    /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/,
    'names or addresses, with or without a port: erp.local:8080,10.0.0.7',
    'Who may be told of events although it is in a network of ours, and without TLS; all others must be on the internet',
  ),
  AZURE_STORAGE_ACCOUNT_NAME: pattern(
    '',
    /^[a-z0-9]{3,24}$/,
    'the name of a storage account: 3 to 24 small letters and digits',
    'Keeps pictures in this Azure storage account instead of DATA_DIR',
  ),
  AZURE_STORAGE_ACCOUNT_KEY: text('', 'Its access key', { secret: true }),
  AZURE_STORAGE_CONNECTION_STRING: azureConnection('Instead of the two above; wins over them'),
  AZURE_STORAGE_CONTAINER_NAME: pattern(
    'product-images',
    /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
    'the name of a container: 3 to 63 small letters, digits and single hyphens',
    'Private container for pictures; made when it is missing',
  ),
  AZURE_SAS_TOKEN_EXPIRY_HOURS: integer(24, 'How long links to pictures are valid, wherever the pictures are', 1, 168),

  SAMPLE_SHOP: flag(true, 'Fill an empty catalogue with a sample shop (target all only)'),

  RATE_LIMIT: integer(3_000, 'Other requests a minute of one client at the gateway; 0 for no limit', 0, 10_000_000),
  RATE_LIMIT_CHECKOUT: integer(
    300,
    'Checkouts a minute of one client; 0 for no limit (a load test from one machine needs that)',
    0,
    10_000_000,
  ),
  RATE_LIMIT_AUTH: integer(
    30,
    'Logins, registrations and password changes a minute of one network; 0 for no limit',
    0,
    10_000_000,
  ),
  TRUST_PROXY: text('', 'Proxies whose X-Forwarded-For is believed: addresses, networks or "loopback", with commas'),
  UPSTREAM_TIMEOUT_MS: integer(10_000, 'How long the gateway waits for a service', 100, 120_000),

  LOG_LEVEL: choice('info', ['debug', 'info', 'warn', 'error', 'silent'], 'How much to log'),
  LOG_FORMAT: choice('auto', ['auto', 'json', 'text'], 'auto: text on a terminal, JSON elsewhere'),
  LOG_FILE: text('', 'Log into this file instead of standard output'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(
    ['http', 'https'],
    'Collector of traces, by OTLP over HTTP (its port: 4318); without it there are none',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: pairs('What it is sent beside them: name=value,…; a token, perhaps'),
  OTEL_TRACES_SAMPLER_ARG: fraction(1, 'Part of all traces that is kept, from 0 to 1'),
} satisfies Record<string, Setting<unknown>>;

export type Settings = {
  readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
};
type Name = keyof typeof SETTINGS;

/** The names of what every service has: `orders` → PORT_ORDERS, ORDERS_DATABASE_URL, ORDERS_URL. */
export function settingsOf(target: string) {
  const prefix = target.toUpperCase().replaceAll('-', '_');
  return {
    port: `PORT_${prefix}` as Extract<Name, `PORT_${string}`>,
    database: `${prefix}_DATABASE_URL` as Extract<Name, `${string}_DATABASE_URL`>,
    url: `${prefix}_URL` as Extract<Name, `${string}_URL`>,
  };
}

/** With those of services that are found. */
const ALL: Record<string, Setting<unknown>> = {
  ...SETTINGS,
  ...Object.assign({}, ...[...FOUND_CONTRACTS].map(([name, { SERVICE }]) => ofFound(name, SERVICE.port))),
};
const NAMES = Object.keys(ALL) as Name[];

function ofFound(name: string, number: number): Record<string, Setting<unknown>> {
  const names = settingsOf(name);
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return { [names.port]: port(number, title), [names.database]: database(name), [names.url]: room(name, number) };
}

/** Thrown with every mistake at once. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(
      `the settings have ${mistakes.length === 1 ? 'a mistake' : 'mistakes'}:\n${mistakes.map((one) => `  - ${one}`).join('\n')}`,
    );
    this.mistakes = mistakes;
  }
}

/** Environment names that can only be meant for us: an unknown one is a typing mistake, not somebody else's. */
const OURS =
  /^(PORT_|PAYMENT_|STOCK_|ADMIN_|AUDIT_|AMQP_|SMTP_|MAIL_|MERCHANT_|RATE_LIMIT|TRADEWIND_|LOG_(LEVEL|FORMAT|FILE)|SAMPLE_|AZURE_SAS_|TOKEN_S|DATABASE_|.*_DATABASE_URL$)/;

/** How many letters must be changed, put in or left out. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

function nearest(name: string): string {
  const best = [...NAMES].sort((a, b) => distance(name, a) - distance(name, b))[0] as Name;
  // Of a short name four other letters are all of it.
  return distance(name, best) <= Math.min(4, name.length / 2) ? ` (do you mean ${best}?)` : '';
}

/** The flag of the command itself that was meant: by its first letter (`-y`), or misspelt. */
function nearestOwn(flag: string, own: readonly string[]): string | undefined {
  return own.find((one) => one.startsWith(`-${flag}`) || distance(flag, one) <= 2);
}

export interface Source {
  env: Record<string, string | undefined>;
  /** Text of a .env file; '' when there is none. */
  dotenv: string;
  /** `--name=value` or `--name`, without what main.ts takes itself. */
  flags: readonly string[];
  /** The flags that the command takes itself, to name the one that a misspelt one means. */
  own?: readonly string[];
}

/** Reads all settings; throws a ConfigError that names every unknown setting and every wrong value. */
export function readSettings({ env, dotenv, flags, own = [] }: Source): Settings {
  const mistakes: string[] = [];
  const given = new Map<string, { value: string; from: string }>();

  for (const [name, value] of Object.entries(parseEnv(dotenv))) {
    if (name in ALL) given.set(name, { value: value as string, from: '.env' });
    else mistakes.push(`.env: ${name} is not a setting${nearest(name)}`);
  }
  for (const [name, value] of Object.entries(env)) {
    if (name in ALL) given.set(name, { value: value ?? '', from: 'environment' });
    else if (OURS.test(name)) mistakes.push(`environment: ${name} is not a setting${nearest(name)}`);
  }
  for (const argument of flags) {
    const [, flagName, value = 'true'] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    const name = flagName?.toUpperCase().replaceAll('-', '_') ?? argument;
    if (flagName && name in ALL) given.set(name, { value, from: `--${flagName}` });
    else {
      const flag = argument.split('=')[0] as string;
      const meant = nearestOwn(flag, own);
      mistakes.push(
        meant
          ? `${flag} is not a flag (do you mean ${meant}?); --help lists them`
          : `${flag} is not a setting${nearest(name)}; --help lists them`,
      );
    }
  }

  const values = Object.fromEntries(
    NAMES.map((name) => {
      const found = given.get(name);
      const setting = ALL[name] as Setting<unknown>;
      // An empty value is how shells and compose files say "not set".
      if (!found || found.value === '') return [name, setting.fallback];
      try {
        return [name, setting.read(found.value)];
      } catch (error) {
        const shown = setting.secret ? '' : `, not "${found.value}"`;
        mistakes.push(`${found.from}: ${name} ${(error as Error).message}${shown}`);
        return [name, setting.fallback];
      }
    }),
  ) as unknown as Settings;
  const shopUrl = values.SHOP_URL || `http://localhost:${portOf(values, 'PORT_WEB')}`;
  if (values.ADMIN_PASSWORD && values.ADMIN_PASSWORD.length < 8)
    mistakes.push('ADMIN_PASSWORD needs at least 8 characters');
  mistakes.push(...azureMistakes(values), ...twilioMistakes(values));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return { ...values, SHOP_URL: shopUrl };
}

/** Half of an account sends nothing. */
function twilioMistakes(values: Settings): string[] {
  const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'] as const;
  const missing = names.filter((name) => values[name] === '');
  const wanted = values.SMS_PROVIDER === 'twilio' || missing.length < names.length;
  return wanted && missing.length > 0 ? [`Twilio needs ${missing.join(' and ')} too`] : [];
}

function azureMistakes(values: Settings): string[] {
  const { AZURE_STORAGE_ACCOUNT_NAME: name, AZURE_STORAGE_ACCOUNT_KEY: key } = values;
  const mistakes: string[] = [];
  // The other way round is well: a gateway allows pictures of an account whose key only catalog has.
  if (key && !name && !values.AZURE_STORAGE_CONNECTION_STRING)
    mistakes.push('AZURE_STORAGE_ACCOUNT_KEY needs AZURE_STORAGE_ACCOUNT_NAME');
  if (key && !/^[A-Za-z0-9+/]{8,}={0,2}$/.test(key)) mistakes.push('AZURE_STORAGE_ACCOUNT_KEY must be base64');
  return mistakes;
}

/** The settings of this process. */
export function processSettings(flags: readonly string[], own: readonly string[] = []): Settings {
  const dotenv = existsSync('.env') ? readFileSync('.env', 'utf8') : '';
  return readSettings({ env: process.env, dotenv, flags, own });
}

/** A port of this process; 0 stays 0 (any free port). */
export function portOf(settings: Settings, name: Extract<Name, `PORT_${string}`>): number {
  return settings[name] === 0 ? 0 : settings[name] + settings.PORT_OFFSET;
}

/** What must not be shown of these settings, wherever it turns up: secrets, and the passwords of addresses. */
export function secretsOf(settings: Settings): string[] {
  const values = NAMES.filter((name) => ALL[name]?.secret).map((name) => settings[name]);
  const given = values.filter((value): value is Settings[Name] & string => typeof value === 'string' && value !== '');
  const addresses = given.flatMap(addressesIn).filter((value) => URL.canParse(value));
  const passwords = addresses.map((address) => new URL(address).password);
  return [...given, ...passwords, ...passwords.map(decodeURIComponent)].filter((one) => one.length > 2);
}

/** Every setting with its default and meaning, for --help and the documents. */
export function describeSettings(): { name: string; fallback: string; doc: string }[] {
  return Object.entries(ALL).map(([name, { fallback, doc }]) => ({ name, fallback: shownFallback(fallback), doc }));
}

const shownFallback = (value: unknown) => (typeof value === 'object' ? '' : String(value));
