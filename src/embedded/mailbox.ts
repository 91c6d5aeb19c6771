// A mailbox for a development shop: a real SMTP server that keeps every mail and delivers none, and a page to read them.
// A mail is on disk before the sender is told 250. Nothing here is for production: no authentication, no TLS, loopback.
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { type MailStore, openMailStore } from './mailbox-store.ts';
import { createViewer } from './mailbox-viewer.ts';
import { refusedPort, requireFreePort } from './port.ts';

export interface MailboxOptions {
  /** The folder of the mails, for example `.data/mailbox`. */
  dir: string;
  host: string;
  smtpPort: number;
  httpPort: number;
  /** How many of the newest mails are kept. */
  keep?: number;
}

export interface Mailbox {
  /** What a mail sender is given. */
  smtpUrl: string;
  stop(): Promise<void>;
}

const SIZE_LIMIT = 10 * 1024 * 1024;

/** Starts both servers; resolves when both listen. */
export async function startMailbox(options: MailboxOptions): Promise<Mailbox> {
  const { host, smtpPort, httpPort } = options;
  await requireFreePort(smtpPort, host, 'PORT_SMTP');
  await requireFreePort(httpPort, host, 'PORT_MAILBOX');
  const store = await openMailStore(options.dir, options.keep ?? 5_000);
  const smtp = createSmtp(store);
  await listen(smtp, smtpPort, host);
  const stopSmtp = () => new Promise<void>((resolve) => smtp.close(resolve));
  const viewer = await createViewer(store, host);
  try {
    await viewer.listen({ port: httpPort, host });
  } catch (error) {
    await Promise.all([stopSmtp(), viewer.close()]);
    throw refusedPort(error as Error, httpPort, 'PORT_MAILBOX');
  }
  let stopping: Promise<void> | undefined;
  return {
    smtpUrl: `smtp://${reachable(host)}:${smtpPort}`,
    stop: () => (stopping ??= Promise.all([stopSmtp(), viewer.close()]).then(() => undefined)),
  };
}

function createSmtp(store: MailStore): SMTPServer {
  return new SMTPServer({
    name: 'mailbox.tradewind.localhost',
    banner: 'keeps everything, delivers nothing',
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    size: SIZE_LIMIT,
    closeTimeout: 500,
    onData: (stream, _session, answer) => {
      receive(stream, store).then(
        () => answer(),
        (error: Error & { responseCode?: number }) => {
          error.responseCode ??= 451; // the disk, presumably: the sender may try again
          answer(error);
        },
      );
    },
  });
}

async function receive(stream: SMTPServerDataStream, store: MailStore): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer);
  if (stream.sizeExceeded)
    throw Object.assign(new Error(`a mail may have at most ${SIZE_LIMIT} bytes`), { responseCode: 552 });
  await store.save(Buffer.concat(chunks));
}

function listen(smtp: SMTPServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: Error) => reject(refusedPort(error, port, 'PORT_SMTP'));
    smtp.once('error', refused);
    smtp.listen(port, host, () => {
      smtp.off('error', refused);
      smtp.on('error', () => {}); // a sender that hung up: its mail was not acknowledged, and it will come again
      resolve();
    });
  });
}

/** A server on all addresses is reached on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
