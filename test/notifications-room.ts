/** What tests of the notifications room share: orders to be told of, a mail server that answers as it is told. */
import type { AddressInfo } from 'node:net';
import type { ParsedMail } from 'mailparser';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { ListNotifications } from '../src/contracts/notifications.ts';
import type { OrderState } from '../src/contracts/orders.ts';
import { PaymentRefunded } from '../src/contracts/payments.ts';
import { newId } from '../src/platform/clock.ts';
import { message, type TestRoom } from './service-harness.ts';

const time = '2026-01-02T03:04:05Z';

export const order = (facts: Partial<OrderState> = {}): OrderState => ({
  id: newId(),
  number: 1042,
  status: 'confirmed',
  reason: null,
  customer_id: null,
  email: 'Ann@example.com',
  name: 'Ann',
  phone: null,
  shipping_address: null,
  client_reference: null,
  payment_method: 'pm_success',
  items: [{ product_id: '456', name: 'Mouse', quantity: 2, unit_price: '25.00', line_total: '50.00' }],
  total_amount: '50.00',
  currency: 'USD',
  version: 3,
  created_at: time,
  updated_at: time,
  guest_token: 'guest-token',
  ...facts,
});

export const refund = (order_id: string, refund_id = newId()) =>
  message(PaymentRefunded, {
    order_id,
    refund_id,
    payment_id: newId(),
    amount: '50.00',
    currency: 'USD',
    reason: 'cancelled',
  });

export async function listOf(room: TestRoom, query: object = {}) {
  const page = await room.call(ListNotifications, { as: 'admin', query });
  if (!page.ok) throw new Error(page.problem.title);
  return page.body.items;
}

export interface TestMailServer {
  readonly received: ParsedMail[];
  /** What it says to a recipient; undefined takes the mail. */
  answer: (address: string) => { code: number; text: string } | undefined;
  start(port?: number): Promise<number>;
  stop(): Promise<void>;
}

export function createMailServer(): TestMailServer {
  let server: SMTPServer | undefined;
  const self: TestMailServer = {
    received: [],
    answer: () => undefined,
    async start(port = 0) {
      const started = new SMTPServer({
        disabledCommands: ['AUTH', 'STARTTLS'],
        onRcptTo({ address }, _session, done) {
          const no = self.answer(address);
          done(no && Object.assign(new Error(no.text), { responseCode: no.code }));
        },
        onData(stream, _session, done) {
          simpleParser(stream).then((mail) => {
            self.received.push(mail);
            done();
          }, done);
        },
      });
      server = started;
      await new Promise<void>((resolve) => started.listen(port, '127.0.0.1', () => resolve()));
      return (started.server.address() as AddressInfo).port;
    },
    stop: () => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())),
  };
  return self;
}
