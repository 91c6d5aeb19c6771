/** Tells the others how an order can be paid, when that has changed: at the start, once, however many replicas start. */
import { PaymentMethodsChanged } from '../../contracts/payments.ts';
import type { Database } from '../../platform/database.ts';
import type { PaymentProvider } from './provider.ts';
import { saveMethods } from './store.ts';

export async function announceMethods(db: Database, { name: provider, methods }: PaymentProvider): Promise<void> {
  const { pattern, default_method } = methods;
  await db.transaction(async (tx) => {
    const version = await saveMethods(tx, { provider, pattern, default_method });
    if (version !== undefined) tx.send(PaymentMethodsChanged, { provider, pattern, default_method, version });
  });
}
