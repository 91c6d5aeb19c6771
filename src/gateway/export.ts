/**
 * Everything the shop keeps about one account, in one document: the account as customers has it, and from the other rooms
 * what they show its owner anyway, asked for with the owner's own token. No room learns to know another for it.
 */
import { ListNotifications } from '../contracts/notifications.ts';
import { ListOrders } from '../contracts/orders.ts';
import type { Client } from '../platform/client.ts';
import type { Endpoint } from '../platform/contract.ts';
import type { HttpReply, HttpRequest } from '../platform/dispatch.ts';
import { UpstreamUnavailable } from '../platform/upstream.ts';

const PAGE = 200;

/** Completes what customers answered. Throws when a room cannot say: half an export is none. */
export async function completeExport(client: Client, reply: HttpReply, request: HttpRequest): Promise<HttpReply> {
  const token = String(request.headers.authorization).replace(/^Bearer +/i, '');
  const customer_id = request.params.id as string;
  const [orders, notifications] = await Promise.all([
    everything(client, ListOrders, { customer_id }, token),
    everything(client, ListNotifications, { customer_id }, token),
  ]);
  const account = JSON.parse(String(reply.body)) as object;
  return { ...reply, body: JSON.stringify({ ...account, orders, notifications }) };
}

/** Every page of a list. */
async function everything(client: Client, endpoint: Endpoint, filter: object, token: string): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { ...filter, limit: PAGE, ...(cursor && { cursor }) };
    const page = await client.call(endpoint, { query, token } as never);
    if (!page.ok) throw new UpstreamUnavailable(endpoint.service, `answered ${page.status}`);
    const body = page.body as { items: unknown[]; next_cursor: string | null };
    items.push(...body.items);
    cursor = body.next_cursor;
  }
  return items;
}
