/** `npm run tap`: the events of a running shop, live in the terminal. What it does is in tapping.ts. */
import { once } from 'node:events';
import { ConfigError, portOf, processSettings } from './config.ts';
import { lineOf, readTapWish, TapFault, type TapScreen, TapUsageFault, type TapWish, tap, USAGE } from './tapping.ts';

const ended = new AbortController();

function terminal({ json }: TapWish): TapScreen {
  const { stdout } = process;
  // `| head` has read enough.
  stdout.on('error', () => ended.abort());
  return {
    async event(event) {
      const line = json
        ? JSON.stringify(event)
        : lineOf(event, stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY);
      if (!stdout.write(`${line}\n`)) await once(stdout, 'drain', { signal: ended.signal }).catch(() => {});
    },
    note: (line) => console.error(`▸ ${line}`),
  };
}

async function main(args: readonly string[]): Promise<void> {
  const settings = processSettings([]);
  const wish = readTapWish(args, `http://localhost:${portOf(settings, 'PORT_GATEWAY')}`);
  if (wish === 'help') return console.log(USAGE);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  const admin = { email: settings.ADMIN_EMAIL, password: settings.ADMIN_PASSWORD };
  const { shown, dropped } = await tap(wish, admin, terminal(wish), ended.signal);
  console.error(`▸ ${shown} shown${dropped > 0 ? `, ${dropped} left out` : ''}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TapFault || error instanceof ConfigError)) throw error;
  const usage = error instanceof TapUsageFault;
  console.error(usage ? `${error.message}; --help shows the usage` : error.message);
  process.exitCode = usage ? 2 : 1;
}
