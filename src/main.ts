/**
 * The process: settings, what must be embedded, the shop, and a graceful end.
 *
 *   npm start                          the whole shop, with everything it needs
 *   npm start -- --target=orders       one service (or several, with commas), beside others elsewhere
 */
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { ConfigError, describeSettings, portOf, processSettings, type Settings, settingsOf } from './config.ts';
import { startMailbox } from './embedded/mailbox.ts';
import { requireFreePort } from './embedded/port.ts';
import { keepPostgres } from './embedded/postgres-keeper.ts';
import { createLog, type Logger } from './platform/log.ts';
import { databaseUrl, type Shop, startShop, TARGETS, type Target } from './shop.ts';
import { readTargets, requireOutside } from './targets.ts';

/** A part that must end with the process, newest first. */
const parts: { stop: () => Promise<void> }[] = [];
/** How long a graceful end may take. */
const STOP_LIMIT_MS = 20_000;
let stopping = false;

async function main(args: readonly string[]): Promise<void> {
  const started = performance.now();
  if (args.includes('--help') || args.includes('-h')) return help();
  const { targets, flags } = readTargets(args);
  let settings = processSettings(flags, ['--help', '--target']);
  const all = targets.length === TARGETS.length;
  if (!all) requireOutside(settings, targets);

  const text = settings.LOG_FORMAT === 'text' || (settings.LOG_FORMAT === 'auto' && isatty(1));
  const log = createLog({
    level: settings.LOG_LEVEL,
    format: text ? 'text' : 'json',
    ...(settings.LOG_FILE && { file: settings.LOG_FILE }),
  });
  process.once('SIGINT', () => void stop(0));
  process.once('SIGTERM', () => void stop(0));
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    void stop(1);
  });

  await checkPorts(settings, targets);
  const given = settings;
  if (all) settings = await embed(settings, log);
  let admin: { email: string; password: string } | undefined;
  const shop = await startShop({
    settings,
    targets,
    log,
    // A PostgreSQL of its own has no other guests.
    alone: settings.DATABASE_URL !== given.DATABASE_URL,
    webDir: fileURLToPath(new URL('../web', import.meta.url)),
    onAdminPassword: (email, password) => {
      admin = { email, password };
    },
  });
  parts.unshift(shop);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (all) console.log(banner(settings, shop, admin, seconds));
  else {
    for (const [target, address] of shop.addresses) console.log(`${target} is ready on ${address} (${seconds} s)`);
    // A generated password is stored nowhere: unsaid, it would be lost.
    if (admin) console.log(`admin ${admin.email} / ${admin.password}   (shown this once)`);
  }
}

/** Every taken port at once, before anything has been started. */
async function checkPorts(settings: Settings, targets: readonly Target[]): Promise<void> {
  const taken: string[] = [];
  const used = new Map<number, string>();
  const names = targets.map((target) => settingsOf(target).port);
  if (targets.includes('gateway')) names.push('PORT_WEB');
  for (const name of names) {
    const port = portOf(settings, name);
    if (port === 0) continue;
    const other = used.get(port);
    if (other) taken.push(`${other} and ${name} are both ${port}`);
    used.set(port, name);
    await requireFreePort(port, settings.HOST, name).catch((error) => {
      const wrongHost = ['ENOTFOUND', 'EADDRNOTAVAIL', 'EAI_AGAIN'].includes((error as { code?: string }).code ?? '');
      const mistake = wrongHost ? `HOST: ${settings.HOST} is no address of this machine` : (error as Error).message;
      if (!taken.includes(mistake)) taken.push(mistake);
    });
  }
  if (taken.length > 0) throw new ConfigError(taken);
}

/** What is not given and can be embedded, is; from here on it is a setting like any other. */
async function embed(settings: Settings, log: Logger): Promise<Settings> {
  const given: Partial<{ -readonly [K in keyof Settings]: Settings[K] }> = {};
  const rooms = TARGETS.filter((target) => target !== 'gateway');
  if (rooms.some((room) => !databaseUrl(settings, room))) {
    const dir = `${settings.DATA_DIR}/postgres`;
    const postgres = await keepPostgres(
      { dir, port: portOf(settings, 'PORT_POSTGRES'), onWait: (reason) => log.info(reason) },
      {
        onEnd: (error) => log.error({ err: error }, 'PostgreSQL has ended by itself, starting it again'),
        onGiveUp(error) {
          if (stopping) return;
          void stop(1, `PostgreSQL has ended by itself, and the shop with it; start it again: ${error.message}`);
        },
      },
    );
    parts.unshift(postgres);
    given.DATABASE_URL = postgres.url('tradewind');
  }
  if (!settings.SMTP_URL) {
    const mailbox = await startMailbox({
      dir: `${settings.DATA_DIR}/mail`,
      // Whoever can read it can read every guest's link: it is never on the network.
      host: '127.0.0.1',
      smtpPort: portOf(settings, 'PORT_SMTP'),
      httpPort: portOf(settings, 'PORT_MAILBOX'),
    });
    parts.unshift(mailbox);
    given.SMTP_URL = mailbox.smtpUrl;
  }
  return { ...settings, ...given };
}

function banner(
  settings: Settings,
  shop: Shop,
  admin: { email: string; password: string } | undefined,
  seconds: string,
): string {
  const at = (address: string | undefined) =>
    (address ?? '').replace('127.0.0.1', 'localhost').replace('[::1]', 'localhost');
  const gateway = at(shop.addresses.get('gateway'));
  const web = at(shop.web);
  const rooms = [...shop.addresses]
    .filter(([target]) => target !== 'gateway')
    .map(([target, address]) => `${target} ${address.split(':').at(-1)}`);
  const mailbox = settings.SMTP_URL.includes(`:${portOf(settings, 'PORT_SMTP')}`)
    ? `http://localhost:${portOf(settings, 'PORT_MAILBOX')}`
    : settings.SMTP_URL.replace(/\/\/[^@]*@/, '//');
  const login = admin
    ? `${admin.email} / ${admin.password}   (shown this once)`
    : `${settings.ADMIN_EMAIL}   (password: ${settings.ADMIN_PASSWORD ? 'your ADMIN_PASSWORD' : 'shown at the first start; ADMIN_PASSWORD=… sets another'})`;
  // npm hands a flag on only behind `--`; a shop at the usual address needs none.
  const where = gateway === 'http://localhost:9000' ? '' : ` -- --url=${gateway}`;
  return `
  Tradewind is ready (${seconds} s)

    shop           ${web}
    admin          ${web}/admin   ${login}
    API and docs   ${gateway}/docs
    health         ${gateway}/health
    mailbox        ${mailbox}
    services       ${rooms.join(' · ')}

  Place a first order in the shop, or here and watch it:   npm run order${where}
  Stop with Ctrl-C; everything is kept in ${settings.DATA_DIR}/
`;
}

function help(): void {
  const settings = describeSettings().map(
    ({ name, fallback, doc }) => `  ${name.padEnd(28)} ${doc}${fallback ? ` [${fallback}]` : ''}`,
  );
  console.log(`npm start -- [--target=all | ${TARGETS.join(' | ')}] [--setting=value …]

Settings, from the environment, .env or a flag (PORT_GATEWAY=9100 or --port-gateway=9100):

${settings.join('\n')}`);
}

async function stop(code: number, lastWord?: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  process.once('SIGINT', () => process.exit(130));
  setTimeout(() => {
    console.error('did not stop in time, leaving');
    process.exit(1);
  }, STOP_LIMIT_MS).unref();
  const last = () => {
    if (lastWord) console.error(`\n${lastWord}\n`);
  };
  process.once('exit', last);
  for (const part of parts) await part.stop().catch((error) => console.error((error as Error).message));
  process.exit(code);
}

main(process.argv.slice(2)).catch(async (error) => {
  const expected = error instanceof ConfigError;
  console.error(`\n${expected ? error.message : `Tradewind could not start: ${(error as Error).message}`}\n`);
  if (!expected && process.env.LOG_LEVEL === 'debug') console.error(error);
  await stop(1);
});
