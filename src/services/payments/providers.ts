/** Which providers there are: the test provider always, Stripe when its key is set; then Stripe charges what is new. */
import type { Settings } from '../../config.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/log.ts';
import type { PaymentProvider, Providers } from './provider.ts';
import { createTestProvider } from './test-provider.ts';

export interface OpenProviders extends Providers {
  /** Before anything is asked of them. A shop without Stripe does not load its SDK (170 ms, 19 MB when measured). */
  load(): Promise<void>;
}

export function createProviders(db: Database, log: Logger, settings: Settings): OpenProviders {
  const test = createTestProvider(db, settings.PAYMENT_LATENCY_MS);
  const byName = new Map<string, PaymentProvider>([[test.name, test]]);
  let current = test;
  return {
    get current() {
      return current;
    },
    named: (name) => byName.get(name),
    async load() {
      const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET, STRIPE_API_URL: apiUrl } = settings;
      if (!secretKey) return;
      const { createStripeProvider } = await import('./stripe-provider.ts');
      const webhookSecrets = STRIPE_WEBHOOK_SECRET.split(/[\s,]+/).filter(Boolean);
      if (webhookSecrets.length === 0) {
        log.warn('STRIPE_WEBHOOK_SECRET is not set: Stripe is asked, but its webhooks are not believed');
      }
      current = createStripeProvider({
        secretKey,
        webhookSecrets,
        apiUrl,
        timeoutMs: settings.PAYMENT_TIMEOUT_MS,
        log,
      });
      byName.set(current.name, current);
    },
  };
}
