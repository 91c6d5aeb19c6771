/** Settings that are right each by itself, and do not go together. */
import type { Settings } from '../config.ts';
import { settingsOf } from '../config.ts';
import { SERVICES } from '../contracts/registry.ts';
import { databaseUrl, type Target } from '../shop.ts';
import type { Finding } from './finding.ts';
import { fail, ok, warn } from './finding.ts';

const isLocal = (host: string) => /^(localhost|127\.|::1$|\[::1\]$|.*\.localhost$)/.test(host);

type Rule = (settings: Settings, targets: readonly Target[]) => Finding[];

const databases: Rule = (settings) => {
  const rooms = new Map<string, string[]>();
  for (const room of SERVICES) {
    const url = databaseUrl(settings, room);
    if (!url) continue;
    const { host, pathname } = new URL(url);
    rooms.set(host + pathname, [...(rooms.get(host + pathname) ?? []), room]);
  }
  const shared = [...rooms.values()].filter((some) => some.length > 1);
  const known = [...rooms.values()].flat().length;
  return [
    ...shared.map((some) =>
      fail(
        'databases',
        `${some.join(' and ')} have the same one`,
        `Give each its own: ${settingsOf(some[0] as string).database}=….`,
      ),
    ),
    ...(known > 0 && known < SERVICES.length
      ? [
          warn(
            'databases',
            `${SERVICES.filter((room) => !databaseUrl(settings, room)).join(', ')} would use a PostgreSQL that the shop brings, the others one that is given`,
            'Set DATABASE_URL, so that all are found in one place.',
          ),
        ]
      : []),
  ];
};

const apart: Rule = (settings) => {
  const elsewhere = SERVICES.filter((room) => settings[settingsOf(room).url]).map((room) => settingsOf(room).url);
  if (elsewhere.length === 0) return [];
  return [
    ...(settings.AMQP_URL
      ? []
      : [
          warn(
            'AMQP_URL',
            `${elsewhere.join(', ')} says that services run elsewhere, and no broker reaches them`,
            'Set AMQP_URL, the same for all processes.',
          ),
        ]),
    ...(settings.AUDIT_TOKEN
      ? []
      : [
          warn(
            'AUDIT_TOKEN',
            'services in several processes cannot compare their books',
            'Set AUDIT_TOKEN, the same for all processes.',
          ),
        ]),
  ];
};

const mail: Rule = (settings) => {
  const links = new URL(settings.SHOP_URL);
  const found: Finding[] = [];
  if (!isLocal(settings.HOST) && isLocal(links.hostname))
    found.push(
      warn(
        'SHOP_URL',
        `links in mails lead to ${links.host}, which is each reader's own machine`,
        'Set SHOP_URL to where the shop is reached.',
      ),
    );
  if (
    settings.SMTP_URL &&
    !isLocal(new URL(settings.SMTP_URL).hostname) &&
    /@tradewind\.test>?$/.test(settings.MAIL_FROM)
  )
    found.push(
      warn(
        'MAIL_FROM',
        `mails are sent as ${settings.MAIL_FROM}, which servers refuse`,
        'Set MAIL_FROM to an address of yours.',
      ),
    );
  return found;
};

const money: Rule = (settings) => {
  const { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: webhook, SHOP_URL } = settings;
  const found: Finding[] = [];
  if (key && !webhook)
    found.push(
      warn(
        'STRIPE_WEBHOOK_SECRET',
        'Stripe is asked, but its webhooks are not believed',
        "Set it to the signing secret of the webhook in Stripe's dashboard.",
      ),
    );
  if (webhook && !key)
    found.push(
      warn(
        'STRIPE_SECRET_KEY',
        'there is a webhook secret, but the test provider takes the payments',
        'Set STRIPE_SECRET_KEY, or take STRIPE_WEBHOOK_SECRET away.',
      ),
    );
  if (/^[rs]k_live_/.test(key) && new URL(SHOP_URL).protocol === 'http:')
    found.push(
      warn(
        'STRIPE_SECRET_KEY',
        'real money is taken in a shop without HTTPS',
        'Put HTTPS in front of it and set SHOP_URL, or use a test key.',
      ),
    );
  return found;
};

const others: Rule = (settings) => {
  const found: Finding[] = [];
  if (settings.AZURE_STORAGE_CONNECTION_STRING && settings.AZURE_STORAGE_ACCOUNT_NAME)
    found.push(
      warn(
        'AZURE_STORAGE_ACCOUNT_NAME',
        'it is not used: AZURE_STORAGE_CONNECTION_STRING wins',
        'Take one of them away.',
      ),
    );
  if (settings.TWILIO_ACCOUNT_SID && ['development', 'none'].includes(settings.SMS_PROVIDER))
    found.push(
      warn(
        'SMS_PROVIDER',
        `Twilio is set, and ${settings.SMS_PROVIDER} does not use it`,
        'Set SMS_PROVIDER=auto, or take TWILIO_… away.',
      ),
    );
  if (!isLocal(settings.HOST) && settings.SHOP_URL.startsWith('https:') && !settings.TRUST_PROXY)
    found.push(
      warn(
        'TRUST_PROXY',
        'behind a proxy all clients are counted as one',
        'Set TRUST_PROXY to the address of the proxy, if there is one.',
      ),
    );
  const limits = (['RATE_LIMIT', 'RATE_LIMIT_CHECKOUT', 'RATE_LIMIT_AUTH'] as const).filter(
    (name) => settings[name] === 0,
  );
  if (!isLocal(settings.HOST) && limits.length > 0)
    found.push(
      warn(
        limits.join(', '),
        'nothing is counted, on an address that others reach',
        'Take it away when the load test is over.',
      ),
    );
  return found;
};

/** Pure: one line when all go together. */
export function contradictions(settings: Settings, targets: readonly Target[]): Finding[] {
  const found = [databases, apart, mail, money, others].flatMap((rule) => rule(settings, targets));
  return found.length > 0 ? found : [ok('settings', 'they go together')];
}
