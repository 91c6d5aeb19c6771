/** Those outside the shop, who keep books of their own: a bank that speaks as Stripe does, and a mail server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startMailbox } from '../src/embedded/mailbox.ts';
import { freePort } from '../test/free-port.ts';
import type { StripeStandIn } from '../test/stripe-stand-in.ts';
import { sendWebhook, startStripeStandIn } from '../test/stripe-stand-in.ts';
import type { Line } from '../test/tcp-proxy.ts';
import { openLine } from '../test/tcp-proxy.ts';

export interface Mail {
  message_id: string;
  to: string;
  subject: string;
  /** How often it came again under the same Message-ID. */
  repeats: number;
}

export interface Outside {
  readonly bank: Line & { books: StripeStandIn };
  readonly mail: Line & { all(): Promise<Mail[]> };
  /** Begins to tell a shop by webhooks what happens at the bank: late, out of order, some of it twice. */
  tell(gateways: readonly string[]): void;
  stop(): Promise<void>;
}

const KEPT = 1_000_000;
const PAGE = 200;

export async function openOutside(dir: string): Promise<Outside> {
  const books = await startStripeStandIn();
  const smtpPort = await freePort();
  const httpPort = await freePort();
  const mailbox = await startMailbox({ dir, host: '127.0.0.1', smtpPort, httpPort, keep: KEPT });
  const bankLine = await openLine({ host: '127.0.0.1', port: Number(new URL(books.url).port) });
  const mailLine = await openLine({ host: '127.0.0.1', port: smtpPort });
  let telling = true;

  async function tellOne(gateways: readonly string[], event: unknown): Promise<void> {
    await sleep(Math.random() * 1_000);
    for (let tries = 0; telling; tries += 1) {
      const url = `${gateways[tries % gateways.length]}/api/webhooks/stripe`;
      const status = await sendWebhook(url, event).catch(() => 503);
      if (status < 300) return;
      await sleep(1_000);
    }
  }

  return {
    bank: { ...bankLine, books },
    mail: {
      ...mailLine,
      async all() {
        const mails: Mail[] = [];
        for (let after = ''; ; ) {
          const reply = await fetch(`http://127.0.0.1:${httpPort}/api/messages?limit=${PAGE}${after}`);
          const { items, next_cursor } = (await reply.json()) as { items: Mail[]; next_cursor: string | null };
          mails.push(...items);
          if (next_cursor === null) return mails;
          after = `&cursor=${next_cursor}`;
        }
      },
    },
    tell(gateways) {
      (async () => {
        for (let told = 0; telling; await sleep(200)) {
          for (const event of books.events.slice(told)) {
            void tellOne(gateways, event);
            if (told % 3 === 0) void tellOne(gateways, event);
            told += 1;
          }
        }
      })();
    },
    async stop() {
      telling = false;
      await Promise.all([bankLine.close(), mailLine.close(), books.close(), mailbox.stop()]);
    },
  };
}
