/**
 * A stand-in for Twilio: a real HTTP server that knows the two calls the shop makes of the Messages resource, as Twilio
 * documents them. It checks the credentials, keeps what it was given, refuses some numbers with Twilio's codes, and fails
 * as it is told to. It is not Twilio: what is tested against it is our side of the conversation.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const TWILIO_ACCOUNT = 'AC00000000000000000000000000000000';
export const TWILIO_TOKEN = 'twilio-stand-in-secret';

/** lost: sent, but nobody hears of it. reset: not sent. */
type Failure = 'lost' | 'reset' | '429' | '500';

export interface StandInMessage {
  sid: string;
  to: string;
  from: string | null;
  messaging_service_sid: string | null;
  body: string;
  status: 'queued';
  direction: 'outbound-api';
  date_created: string;
}

/** Number → code and words, as Twilio has them. */
const REFUSED: Record<string, [number, string]> = {
  '+15005550001': [21211, "The 'To' number +15005550001 is not a valid phone number."],
  '+15005550009': [21614, "'To' number +15005550009 is not a valid mobile number"],
  '+15005550010': [21610, 'Attempt to send to unsubscribed recipient'],
  '+15005550003': [21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"],
};

export async function startTwilioStandIn() {
  const messages: StandInMessage[] = [];
  const calls: { method: string; form: Record<string, string> }[] = [];
  const failures: Failure[] = [];
  const state = { refusesKey: false };

  function create(form: Record<string, string>): { status: number; body: object } {
    const { To = '', From, MessagingServiceSid, Body = '' } = form;
    const refusal = REFUSED[To];
    if (!Body) return fault(400, 21602, 'Message body is required.');
    if (!From && !MessagingServiceSid) return fault(400, 21603, "A 'From' phone number is required.");
    if (refusal) return fault(400, ...refusal);
    const message: StandInMessage = {
      sid: `SM${randomBytes(16).toString('hex')}`,
      to: To,
      from: From ?? null,
      messaging_service_sid: MessagingServiceSid ?? null,
      body: Body,
      status: 'queued',
      direction: 'outbound-api',
      date_created: new Date().toUTCString().replace('GMT', '+0000'),
    };
    messages.push(message);
    return { status: 201, body: message };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const basic = `Basic ${Buffer.from(`${TWILIO_ACCOUNT}:${TWILIO_TOKEN}`).toString('base64')}`;
    if (url.pathname !== `/2010-04-01/Accounts/${TWILIO_ACCOUNT}/Messages.json`) {
      return reply(response, fault(404, 20404, 'The requested resource was not found'));
    }
    if (state.refusesKey || request.headers.authorization !== basic) {
      return reply(response, fault(401, 20003, 'Authenticate'));
    }
    const method = request.method as string;
    const body = Buffer.concat(chunks).toString();
    const form = Object.fromEntries(method === 'GET' ? url.searchParams : new URLSearchParams(body));
    calls.push({ method, form });
    if (method === 'GET') {
      const found = messages.filter(({ to }) => to === form.To).reverse();
      return reply(response, { status: 200, body: { messages: found.slice(0, Number(form.PageSize)), page: 0 } });
    }
    const failure = failures.shift();
    if (failure === 'reset') return void request.socket.destroy();
    if (failure === '429') return reply(response, fault(429, 20429, 'Too Many Requests'));
    if (failure === '500') return reply(response, fault(500, 20500, 'An internal server error has occurred'));
    const answer = create(form);
    if (failure === 'lost') return void request.socket.destroy();
    reply(response, answer);
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    calls,
    state,
    /** What happens to the next calls that send. */
    fail: (...next: Failure[]) => failures.push(...next),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function fault(status: number, code: number, message: string) {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
}

function reply(response: ServerResponse, { status, body }: { status: number; body: object }): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
