/** Who may do what with webhooks, by hand: rows of test/access-table.ts. They are the shop's own, and hold its secrets. */
import { newId } from '../../src/platform/clock.ts';
import { admins, type Row, row } from '../access-rules.ts';

const nowhere = () => ({ params: { id: newId() } });

export const ROWS: Record<string, Row> = {
  'webhooks.types': row(admins, 200),
  'webhooks.list': row(admins, 200),
  'webhooks.create': row(admins, 201, () => ({
    body: { url: 'https://example.com/hook', types: ['product.stock.low'] },
  })),
  'webhooks.get': row(admins, 'not-found', nowhere),
  'webhooks.update': row(admins, 'not-found', () => ({ ...nowhere(), body: { status: 'disabled' } })),
  'webhooks.delete': row(admins, 'not-found', nowhere),
  'webhooks.rotate': row(admins, 'not-found', nowhere),
  'webhooks.test': row(admins, 'not-found', nowhere),
  'webhooks.replay': row(admins, 'not-found', () => ({ ...nowhere(), body: { since: '2026-01-01T00:00:00Z' } })),
  'webhooks.deliveries': row(admins, 200),
  'webhooks.delivery': row(admins, 'not-found', nowhere),
  'webhooks.deliver': row(admins, 'not-found', nowhere),
};
