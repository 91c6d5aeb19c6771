/** How it stands with an address, in a word. */
import type { DisabledBy, Webhook, WebhookDeliveryStatus } from '../../../../src/contracts/webhooks.ts';
import { Badge } from '../../ui/words.tsx';

export const DELIVERY_STATES: Record<WebhookDeliveryStatus, readonly [string, 'good' | 'wait' | 'bad']> = {
  waiting: ['Waiting', 'wait'],
  delivered: ['Delivered', 'good'],
  failed: ['Failed', 'bad'],
};

export const DISABLED: Record<DisabledBy, string> = {
  admin: 'An admin has disabled it.',
  gone: 'It answered “410 Gone”, which says that it wants nothing more.',
  failing: 'Nothing has arrived there for five days.',
};

export function Health({ of: { status, disabled_by, failing_since } }: { of: Webhook }) {
  if (status === 'disabled') return <Badge tone={disabled_by === 'admin' ? 'plain' : 'bad'}>Disabled</Badge>;
  return failing_since ? <Badge tone="bad">Failing</Badge> : <Badge tone="good">Works</Badge>;
}

/** `https://example.com/hooks/orders` without what all have in common. */
export const shortUrl = (url: string) => url.replace(/^https:\/\//, '');
