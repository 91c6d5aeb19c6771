/** The shop's first load: styles, the store of what was read, and the routes, each page a file of its own. */
import '@fontsource-variable/inter/wght.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/kit.css';
import './shop.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ComponentType, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, type RouteObject, RouterProvider } from 'react-router';
import { createQueries } from '../api/queries.ts';
import { Skeleton } from '../ui/kit.tsx';
import { Catalogue } from './catalogue.tsx';
import { Home } from './home.tsx';
import { NotFound, RouteFailure } from './not-found.tsx';
import { Shell } from './shell.tsx';

/** A page whose code comes when it is first opened; meanwhile the frame is there already. */
const page = (path: string, load: () => Promise<ComponentType>, children: RouteObject[] = []): RouteObject => ({
  path,
  children,
  lazy: async () => ({ Component: await load() }),
  hydrateFallbackElement: <Skeleton height="20rem" />,
});

const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <RouteFailure />,
    children: [
      {
        errorElement: <RouteFailure />,
        children: [
          { index: true, element: <Home /> },
          { path: 'products', element: <Catalogue /> },
          page('products/:productId', async () => (await import('./product.tsx')).ProductPage),
          page('cart', async () => (await import('./cart-page.tsx')).CartPage),
          page('checkout', async () => (await import('./checkout.tsx')).CheckoutPage),
          page('orders/:id', async () => (await import('./order.tsx')).OrderPage),
          page('login', async () => (await import('./sign-in.tsx')).LoginPage),
          page('register', async () => (await import('./sign-in.tsx')).RegisterPage),
          page('forgot-password', async () => (await import('./passwords.tsx')).ForgotPage),
          page('reset-password', async () => (await import('./passwords.tsx')).ResetPage),
          page('account', async () => (await import('./account.tsx')).AccountLayout, [
            page('', async () => (await import('./account.tsx')).ProfilePage),
            page('orders', async () => (await import('./my-orders.tsx')).MyOrdersPage),
            page('addresses', async () => (await import('./addresses.tsx')).AddressesPage),
          ]),
          { path: '*', element: <NotFound /> },
        ],
      },
    ],
  },
]);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={createQueries()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
