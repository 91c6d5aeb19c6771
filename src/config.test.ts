import { describe, expect, test } from 'vitest';
import type { Source } from './config.ts';
import { ConfigError, describeSettings, portOf, readSettings, secretsOf } from './config.ts';
import { addressesIn, nodesOf } from './platform/broker-nodes.ts';
import { openPictures } from './shop.ts';

const read = (source: Partial<Source>) => readSettings({ env: {}, dotenv: '', flags: [], ...source });
function mistakesOf(source: Partial<Source>): readonly string[] {
  try {
    read(source);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('without anything every setting has its default', () => {
  expect(read({})).toMatchObject({ PORT_GATEWAY: 9000, HOST: '127.0.0.1', DATABASE_URL: '', SAMPLE_SHOP: true });
});

describe('where a value comes from', () => {
  const dotenv = 'PORT_ORDERS=1001\nPORT_CATALOG=1002\nPORT_GATEWAY=1003';
  const env = { PORT_CATALOG: '2002', PORT_GATEWAY: '2003' };

  test('a flag wins over the environment, and that over .env', () => {
    const settings = read({ dotenv, env, flags: ['--port-gateway=3003'] });
    expect(settings).toMatchObject({ PORT_ORDERS: 1001, PORT_CATALOG: 2002, PORT_GATEWAY: 3003 });
  });

  test('an empty value is none', () => {
    expect(read({ env: { PORT_ORDERS: '', AMQP_URL: '', SAMPLE_SHOP: '' } })).toEqual(read({}));
  });

  test('a flag without a value says yes', () => {
    expect(read({ env: { SAMPLE_SHOP: 'no' }, flags: ['--sample-shop'] })).toMatchObject({ SAMPLE_SHOP: true });
  });

  test('a value may have an equals sign and a line break in it', () => {
    expect(read({ flags: ['--mail-from=A=B\nC'] })).toMatchObject({ MAIL_FROM: 'A=B\nC' });
  });

  test('what belongs to others is none of ours', () => {
    expect(mistakesOf({ env: { PATH: '/bin', HOME: '/root', LOG_STUFF: '1', npm_config_x: 'y' } })).toEqual([]);
  });
});

test('a currency is one that is in use, and a secret of auditors is long and can be sent', () => {
  expect(read({ env: { CURRENCY: 'EUR' } }).CURRENCY).toBe('EUR');
  for (const CURRENCY of ['XYZ', 'eur', 'EURO'])
    expect(mistakesOf({ env: { CURRENCY } })).toEqual([expect.stringContaining('CURRENCY must be a currency in use')]);
  expect(read({ env: { AUDIT_TOKEN: 'c2VjcmV0IGVub3VnaA==' } }).AUDIT_TOKEN).toBe('c2VjcmV0IGVub3VnaA==');
  for (const AUDIT_TOKEN of ['short', 'with spaces in the middle'])
    expect(mistakesOf({ env: { AUDIT_TOKEN } })).toEqual([
      'environment: AUDIT_TOKEN must be 16 or more letters, digits and any of . _ ~ + / - =',
    ]);
});

test('the nodes of a cluster are addresses with commas between them, with one login for all', () => {
  const cluster = 'amqp://shop:hun,ter@one:5671/v, amqp://shop:hun,ter@two/v,amqp://shop:hun,ter@10.0.0.3/v';
  expect(mistakesOf({ env: { AMQP_URL: cluster } })).toEqual([]);
  expect(addressesIn(cluster).map((one) => new URL(one).hostname)).toEqual(['one', 'two', '10.0.0.3']);
  expect(secretsOf(read({ env: { AMQP_URL: cluster } }))).toContain('hun,ter');

  const nodes = nodesOf(cluster);
  expect(nodes.hosts?.toSorted()).toEqual(['10.0.0.3', 'one:5671', 'two']);
  expect(nodesOf('amqp://shop:hunter2@[::1]:5672')).toEqual({ url: 'amqp://shop:hunter2@[::1]:5672' });
  // Not every process asks the same one first.
  const first = Array.from({ length: 100 }, () => nodesOf(cluster).hosts?.[0]);
  expect(new Set(first).size).toBe(3);

  for (const other of ['amqp://shop:other@two/v', 'amqps://shop:hun,ter@two/v', 'amqp://shop:hun,ter@two/w'])
    expect(mistakesOf({ env: { AMQP_URL: `amqp://shop:hun,ter@one/v,${other}` } })).toEqual([
      'environment: AMQP_URL must have the same scheme, user, password and virtual host in all of its addresses',
    ]);
  expect(mistakesOf({ env: { AMQP_URL: 'amqp://one,amqp://[::1]:5672' } })).toEqual([
    'environment: AMQP_URL must have names or IPv4 addresses where it has several',
  ]);
  expect(mistakesOf({ env: { AMQP_URL: 'amqp://one,two' } })).toEqual([
    'environment: AMQP_URL must have a whole address for each node: amqp://…,amqp://…',
  ]);
});

describe('a storage for pictures', () => {
  const key = Buffer.alloc(64, 7).toString('base64');

  test('is on this machine, unless an account is named with its key, or a connection string', () => {
    expect(read({})).toMatchObject({ AZURE_STORAGE_ACCOUNT_NAME: '', AZURE_SAS_TOKEN_EXPIRY_HOURS: 24 });
    expect(read({ env: { AZURE_STORAGE_ACCOUNT_NAME: 'shop', AZURE_STORAGE_ACCOUNT_KEY: key } })).toMatchObject({
      AZURE_STORAGE_ACCOUNT_NAME: 'shop',
      AZURE_STORAGE_CONTAINER_NAME: 'product-images',
    });
    const text = `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${key};EndpointSuffix=core.windows.net`;
    expect(read({ env: { AZURE_STORAGE_CONNECTION_STRING: text } }).AZURE_STORAGE_CONNECTION_STRING).toBe(text);
    expect(mistakesOf({ env: { AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' } })).toEqual([]);
  });

  test('is known to a gateway by its name alone; catalog needs the key', async () => {
    const settings = read({ env: { AZURE_STORAGE_ACCOUNT_NAME: 'shop' } });
    await expect(openPictures(settings)).rejects.toThrow('AZURE_STORAGE_ACCOUNT_NAME needs AZURE_STORAGE_ACCOUNT_KEY');
  });

  test.each([
    [{ AZURE_STORAGE_ACCOUNT_KEY: key }, 'AZURE_STORAGE_ACCOUNT_KEY needs AZURE_STORAGE_ACCOUNT_NAME'],
    [
      { AZURE_STORAGE_ACCOUNT_NAME: 'shop', AZURE_STORAGE_ACCOUNT_KEY: 'not base64!' },
      'AZURE_STORAGE_ACCOUNT_KEY must be base64',
    ],
    [{ AZURE_STORAGE_CONTAINER_NAME: 'Not--Allowed' }, /AZURE_STORAGE_CONTAINER_NAME must be the name of a container/],
    [{ AZURE_SAS_TOKEN_EXPIRY_HOURS: '0' }, /AZURE_SAS_TOKEN_EXPIRY_HOURS must be a whole number from 1/],
    [{ AZURE_STORAGE_CONNECTION_STRING: 'nonsense' }, /AZURE_STORAGE_CONNECTION_STRING must be a connection string/],
    [
      { AZURE_STORAGE_CONNECTION_STRING: 'BlobEndpoint=https://shop.blob.core.windows.net;SharedAccessSignature=sv=1' },
      /AZURE_STORAGE_CONNECTION_STRING must be a connection string with AccountName/,
    ],
  ])('half set or misspelt is told by name: %o', (env, mistake) => {
    const [first, ...more] = mistakesOf({ env });
    if (typeof mistake === 'string') expect(first).toBe(mistake);
    else expect(first).toMatch(mistake);
    expect(more).toEqual([]);
    expect(first).not.toContain(key);
    expect(first).not.toContain('nonsense');
  });
});

describe('mistakes', () => {
  test('are told all at once, by name and place', () => {
    const mistakes = mistakesOf({
      dotenv: 'PORT_ORDERS=x\nNONSENSE_AT_ALL=1',
      env: { DATABASE_POOL_SIZE: '1', SAMPLE_SHOP: 'perhaps', LOG_LEVEL: 'loud', SHOP_URL: 'ftp://x' },
      flags: ['--port-gateway=70000', 'positional'],
    });
    expect(mistakes).toEqual(
      expect.arrayContaining([
        '.env: NONSENSE_AT_ALL is not a setting',
        'positional is not a setting; --help lists them',
        '.env: PORT_ORDERS must be a whole number from 0 to 65535, not "x"',
        'environment: DATABASE_POOL_SIZE must be a whole number from 3 to 100, not "1"',
        'environment: SAMPLE_SHOP must be true or false, not "perhaps"',
        'environment: LOG_LEVEL must be one of debug, info, warn, error, silent, not "loud"',
        'environment: SHOP_URL must be a URL that starts with http:// or https://, not "ftp://x"',
        '--port-gateway: PORT_GATEWAY must be a whole number from 0 to 65535, not "70000"',
      ]),
    );
    expect(mistakes).toHaveLength(8);
  });

  test('in the spelling of a name come with what was meant', () => {
    expect(mistakesOf({ env: { PORT_ODERS: '1' } })).toEqual([
      'environment: PORT_ODERS is not a setting (do you mean PORT_ORDERS?)',
    ]);
    expect(mistakesOf({ flags: ['--payment-latency=5'] })).toEqual([
      '--payment-latency is not a setting (do you mean PAYMENT_LATENCY_MS?); --help lists them',
    ]);
    expect(mistakesOf({ dotenv: 'ODERS_DATABASE_URL=x' })).toEqual([
      '.env: ODERS_DATABASE_URL is not a setting (do you mean ORDERS_DATABASE_URL?)',
    ]);
  });

  test('in the spelling of a flag of the command itself come with that', () => {
    const own = ['--help', '--yes'];
    expect(mistakesOf({ flags: ['-y', '--yess', '-x'], own })).toEqual([
      '-y is not a flag (do you mean --yes?); --help lists them',
      '--yess is not a flag (do you mean --yes?); --help lists them',
      '-x is not a setting; --help lists them',
    ]);
  });

  test.each([
    ['DATABASE_URL', 'mysql://u:hunter2@h/d'],
    ['ORDERS_DATABASE_URL', 'hunter2'],
    ['AMQP_URL', 'http://u:hunter2@h'],
    ['SMTP_URL', 'hunter2'],
    ['ADMIN_PASSWORD', 'hunter2'],
  ])('never show a secret: %s', (name, value) => {
    const flag = `--${name.toLowerCase().replaceAll('_', '-')}`;
    const said = [
      ...mistakesOf({ env: { [name]: value } }),
      ...mistakesOf({ flags: [`${flag}=${value}`] }),
      ...mistakesOf({ flags: [`${flag}x=${value}`] }),
      ...mistakesOf({ dotenv: `${name}X=${value}` }),
    ];
    expect(said).toHaveLength(4);
    expect(said.join()).not.toContain('hunter2');
  });

  test.each(['1e3x', '1.5', '0x', ' ', '-1', 'Infinity'])('a number is a whole one in its bounds, not %j', (value) => {
    expect(mistakesOf({ env: { PAYMENT_LATENCY_MS: value } })).toHaveLength(1);
  });
});

test('a port moves with the offset, but "any free port" stays', () => {
  const settings = read({ env: { PORT_OFFSET: '100', PORT_ORDERS: '0' } });
  expect(portOf(settings, 'PORT_GATEWAY')).toBe(9100);
  expect(portOf(settings, 'PORT_ORDERS')).toBe(0);
});

test('every setting says what it is for', () => {
  for (const { name, doc } of describeSettings()) expect(`${name} ${doc}`.length).toBeGreaterThan(name.length + 5);
});

test('Twilio is set as a whole or not at all', () => {
  const whole = {
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'a-secret',
    TWILIO_FROM: '+15005550006',
  };
  expect(mistakesOf({ env: whole })).toEqual([]);
  expect(mistakesOf({ env: { ...whole, TWILIO_AUTH_TOKEN: '', TWILIO_FROM: '' } })).toEqual([
    'Twilio needs TWILIO_AUTH_TOKEN and TWILIO_FROM too',
  ]);
  expect(mistakesOf({ env: { SMS_PROVIDER: 'twilio' } })).toHaveLength(1);
  expect(mistakesOf({ env: { ...whole, TWILIO_FROM: '555 0100' } })[0]).toContain('TWILIO_FROM must be a number');
});
