/** What the doctor calls well, worth a look, and broken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readSettings, secretsOf } from '../config.ts';
import { SERVICES } from '../contracts/registry.ts';
import { TARGETS } from '../shop.ts';
import { contradictions } from './contradictions.ts';
import { serverFindings, stateFindings } from './databases.ts';
import { fail, lookAt, ok, scrubbed, told, warn } from './finding.ts';
import { nodeFinding, spaceFinding } from './surroundings.ts';

const settingsOf = (env: Record<string, string>) => readSettings({ env, dotenv: '', flags: [] });
const found = (env: Record<string, string>) =>
  contradictions(settingsOf(env), TARGETS).map(({ level, about }) => `${level} ${about}`);

describe('settings that do not go together', () => {
  const DATABASE_URL = 'postgres://u:p@db/shop';
  const reached = { HOST: '0.0.0.0', SHOP_URL: 'https://shop.example' };
  test.each<[string, Record<string, string>, string[]]>([
    ['none', {}, ['ok settings']],
    ['all outside', { DATABASE_URL, AMQP_URL: 'amqp://b', SMTP_URL: 'smtp://localhost' }, ['ok settings']],
    [
      'two services on one database',
      { DATABASE_URL, ORDERS_DATABASE_URL: 'postgres://u:p@db/one', PAYMENTS_DATABASE_URL: 'postgres://other@db/one' },
      ['fail databases'],
    ],
    ['a part of the databases given', { ORDERS_DATABASE_URL: DATABASE_URL }, ['warn databases']],
    ['services elsewhere, no broker', { ORDERS_URL: 'http://o' }, ['warn AMQP_URL', 'warn AUDIT_TOKEN']],
    ['links to localhost for others', { HOST: '0.0.0.0', SHOP_URL: 'http://localhost:3000' }, ['warn SHOP_URL']],
    ['a proxy that is not trusted', reached, ['warn TRUST_PROXY']],
    ['no limits for others', { ...reached, TRUST_PROXY: 'loopback', RATE_LIMIT: '0' }, ['warn RATE_LIMIT']],
    ['a sender that nobody believes', { SMTP_URL: 'smtp://mail.example' }, ['warn MAIL_FROM']],
    ['Stripe without its webhooks', { STRIPE_SECRET_KEY: 'sk_test_1' }, ['warn STRIPE_WEBHOOK_SECRET']],
    ['webhooks without Stripe', { STRIPE_WEBHOOK_SECRET: 'whsec_1' }, ['warn STRIPE_SECRET_KEY']],
    [
      'real money without HTTPS',
      { STRIPE_SECRET_KEY: 'sk_live_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' },
      ['warn STRIPE_SECRET_KEY'],
    ],
    [
      'two accounts for pictures',
      {
        AZURE_STORAGE_CONNECTION_STRING: 'AccountName=a;AccountKey=YWJjZGVmZ2g=',
        AZURE_STORAGE_ACCOUNT_NAME: 'abc',
        AZURE_STORAGE_ACCOUNT_KEY: 'YWJjZGVmZ2g=',
      },
      ['warn AZURE_STORAGE_ACCOUNT_NAME'],
    ],
    [
      'Twilio that is not used',
      {
        TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
        TWILIO_AUTH_TOKEN: 'token',
        TWILIO_FROM: '+15005550006',
        SMS_PROVIDER: 'none',
      },
      ['warn SMS_PROVIDER'],
    ],
  ])('%s', (_, env, expected) => {
    expect(found(env)).toEqual(expected);
  });
});

const server = {
  version: 160_004,
  superuser: false,
  mayCreateDatabases: true,
  maxConnections: 100,
  connections: 3,
  skewMs: 20,
};
const levels = (some: { level: string; detail: string }[]) => some.map(({ level, detail }) => `${level}: ${detail}`);

test.each<[Partial<typeof server>, string[]]>([
  [{}, ['ok: version 16.4']],
  [{ version: 130_001 }, ['warn: version 13.1 is mended no more']],
  [{ version: 110_002 }, ['fail: version 11.2 is too old']],
  [{ connections: 98 }, ['ok: version 16.4', 'fail: 98 of 100 connections are taken']],
  [
    { maxConnections: 20 },
    ['ok: version 16.4', `warn: a shop may want ${SERVICES.length * 8} connections, and it allows 20`],
  ],
  [{ skewMs: -3_500 }, ['ok: version 16.4', 'warn: its clock is 3.5 s behind']],
  [{ skewMs: 90_000 }, ['ok: version 16.4', 'fail: its clock is 90.0 s ahead']],
])('a server %j', (some, expected) => {
  expect(levels(serverFindings('PostgreSQL', { ...server, ...some }, { DATABASE_POOL_SIZE: 8 }))).toEqual(expected);
});

const state = {
  unfinishedRestore: false,
  begun: true,
  pending: [],
  unknown: [],
  mayCreateTables: true,
  readOnly: false,
};
test.each<[Partial<Record<keyof typeof state, unknown>>, string]>([
  [{}, 'ok: as this version wants it'],
  [{ begun: false, pending: ['orders/001.sql'] }, 'warn: it is empty'],
  [{ pending: ['orders/002.sql'] }, 'warn: 1 migrations are due (orders/002.sql)'],
  [{ unknown: ['orders/999.sql'] }, 'fail: a newer version has changed it (orders/999.sql)'],
  [{ unfinishedRestore: true }, 'fail: a restore was not finished'],
  [{ readOnly: true }, 'fail: it can only be read'],
  [{ mayCreateTables: false }, 'fail: this user may not make tables'],
])('a database %j', (some, expected) => {
  expect(levels(stateFindings('database', { ...state, ...some } as typeof state))).toEqual([expected]);
});

test('room on the disk, and the age of Node', () => {
  const free = (mb: number) => spaceFinding('disk', mb * 1_000_000);
  expect([free(100), free(500), free(5_000), free(50_000)].map(({ level, detail }) => `${level} ${detail}`)).toEqual([
    'fail 100 MB free',
    'warn 500 MB free',
    'ok 5000 MB free',
    'ok 50 GB free',
  ]);
  expect(['18.20.0', '20.18.9', '20.19.0', '22.1.0'].map((one) => nodeFinding(one).level)).toEqual([
    ...['fail', 'fail', 'ok', 'ok'],
  ]);
});

describe('a look', () => {
  test('that fails or takes too long is a finding, and holds up no other', async () => {
    const findings = await lookAt([
      { about: 'slow', limitMs: 30, look: () => sleep(60_000, ok('slow', ''), { ref: false }) },
      { about: 'broken', look: () => Promise.reject(new AggregateError([new Error('one'), new Error('two')])) },
      { about: 'well', look: async () => ok('well', 'it is') },
    ]);
    expect(findings.map(({ level, about, detail }) => `${level} ${about}: ${detail}`)).toEqual([
      'fail slow: no answer within 0.03 s',
      'fail broken: one, two',
      'ok well: it is',
    ]);
  });

  test('shows no secret, not even where somebody else put it into an error', () => {
    const settings = settingsOf({
      DATABASE_URL: 'postgres://shop:p%40ss@db/x',
      STRIPE_SECRET_KEY: 'sk_test_hidden',
      ADMIN_PASSWORD: 'a long secret',
    });
    const said = ['postgres://shop:p%40ss@db/x', 'p@ss', 'p%40ss', 'sk_test_hidden', 'a long secret'].join(' | ');
    const [finding] = scrubbed([fail('it', said, said)], secretsOf(settings));
    expect(finding).toEqual({ level: 'fail', about: 'it', detail: '… | … | … | … | …', remedy: '… | … | … | … | …' });
  });

  test('is told in lines, with a remedy where one is needed', () => {
    expect(told([ok('a', 'fine'), warn('b', 'so\nso', 'Do this.'), fail('c', 'bad', 'Do that.')])).toBe(
      '✓ a: fine\n! b: so so\n    → Do this.\n✗ c: bad\n    → Do that.\n\n1 to mend (✗), 1 to look at (!)',
    );
    expect(told([ok('a', 'fine')])).toBe('✓ a: fine\n\nAll is well');
  });
});
