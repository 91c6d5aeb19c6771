/** The development mailbox by itself, beside a shop in several processes: `npm run mailbox`. It delivers nothing. */
import { ConfigError, portOf, processSettings } from './config.ts';
import type { Mailbox } from './embedded/mailbox.ts';
import { startMailbox } from './embedded/mailbox.ts';

let mailbox: Mailbox | undefined;

async function main(): Promise<void> {
  const settings = processSettings(process.argv.slice(2));
  mailbox = await startMailbox({
    dir: `${settings.DATA_DIR}/mail`,
    host: settings.HOST,
    smtpPort: portOf(settings, 'PORT_SMTP'),
    httpPort: portOf(settings, 'PORT_MAILBOX'),
  });
  console.log(`mails are taken at ${mailbox.smtpUrl}, and read on port ${portOf(settings, 'PORT_MAILBOX')}`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await mailbox?.stop();
    process.exit(0);
  });
}

main().catch((error) => {
  console.error(
    `\n${error instanceof ConfigError ? '' : 'the mailbox could not start: '}${(error as Error).message}\n`,
  );
  process.exit(1);
});
