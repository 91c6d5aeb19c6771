/** Every page of the admin, loaded when somebody goes there. */
import type { ComponentType } from 'react';
import type { RouteObject } from 'react-router';

const page = (path: string, load: () => Promise<ComponentType>): RouteObject => ({
  path,
  lazy: async () => ({ Component: await load() }),
});

export const PAGES: RouteObject[] = [
  page('orders', async () => (await import('./orders/list.tsx')).OrdersPage),
  page('orders/:id', async () => (await import('./orders/order.tsx')).OrderPage),
  page('products', async () => (await import('./products/list.tsx')).ProductsPage),
  page('products/new', async () => (await import('./products/new.tsx')).NewProductPage),
  page('products/:id', async () => (await import('./products/product.tsx')).ProductPage),
];
