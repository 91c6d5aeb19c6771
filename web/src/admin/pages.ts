/** Every page of the admin, loaded when somebody goes there. */
import type { ComponentType } from 'react';
import type { RouteObject } from 'react-router';

const page = (path: string, load: () => Promise<ComponentType>): RouteObject => ({
  path,
  lazy: async () => ({ Component: await load() }),
});

export const HOME: RouteObject = {
  index: true,
  lazy: async () => ({ Component: (await import('./dashboard/page.tsx')).DashboardPage }),
};

export const PAGES: RouteObject[] = [
  page('orders', async () => (await import('./orders/list.tsx')).OrdersPage),
  page('orders/:id', async () => (await import('./orders/order.tsx')).OrderPage),
  page('orders/:id/x-ray', async () => (await import('./orders/xray/page.tsx')).XrayPage),
  page('products', async () => (await import('./products/list.tsx')).ProductsPage),
  page('products/new', async () => (await import('./products/new.tsx')).NewProductPage),
  page('products/import', async () => (await import('./import/page.tsx')).ImportProductsPage),
  page('products/:id', async () => (await import('./products/product.tsx')).ProductPage),
  page('stock', async () => (await import('./stock/levels.tsx')).LevelsPage),
  page('stock/ledger', async () => (await import('./stock/ledger.tsx')).LedgerPage),
  page('customers', async () => (await import('./customers/list.tsx')).CustomersPage),
  page('customers/new', async () => (await import('./customers/new.tsx')).NewCustomerPage),
  page('customers/import', async () => (await import('./import/page.tsx')).ImportCustomersPage),
  page('customers/:id', async () => (await import('./customers/customer.tsx')).CustomerPage),
  page('payments', async () => (await import('./payments/list.tsx')).PaymentsPage),
  page('payments/refunds', async () => (await import('./payments/refunds.tsx')).RefundsPage),
  page('payments/events', async () => (await import('./payments/events.tsx')).EventsPage),
  page('payments/:id', async () => (await import('./payments/payment.tsx')).PaymentPage),
  page('notifications', async () => (await import('./notifications/list.tsx')).NotificationsPage),
  page('notifications/suppressions', async () => (await import('./notifications/suppressions.tsx')).SuppressionsPage),
  page('notifications/sms', async () => (await import('./notifications/sms.tsx')).SmsPage),
  page('webhooks', async () => (await import('./webhooks/list.tsx')).WebhooksPage),
  page('webhooks/:id', async () => (await import('./webhooks/webhook.tsx')).WebhookPage),
  page('activity', async () => (await import('./activity/page.tsx')).ActivityPage),
  page('books', async () => (await import('./books/page.tsx')).BooksPage),
  page('dead-letters', async () => (await import('./dead-letters/page.tsx')).DeadLettersPage),
  page('dead-letters/:service', async () => (await import('./dead-letters/list.tsx')).DeadLettersOfPage),
  page('dead-letters/:service/:id', async () => (await import('./dead-letters/letter.tsx')).DeadLetterPage),
];
