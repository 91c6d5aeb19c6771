/** The shop's first load: styles, the store of what was read, and the routes, each page a file of its own. */
import '@fontsource-variable/inter/wght.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/kit.css';
import './shop.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { createQueries } from '../api/queries.ts';
import { Catalogue } from './catalogue.tsx';
import { Home } from './home.tsx';
import { NotFound, RouteFailure } from './not-found.tsx';
import { Shell } from './shell.tsx';

const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <RouteFailure />,
    children: [
      { index: true, element: <Home /> },
      { path: 'products', element: <Catalogue /> },
      { path: 'products/:productId', lazy: async () => ({ Component: (await import('./product.tsx')).ProductPage }) },
      { path: 'cart', lazy: async () => ({ Component: (await import('./cart-page.tsx')).CartPage }) },
      { path: 'checkout', lazy: async () => ({ Component: (await import('./checkout.tsx')).CheckoutPage }) },
      { path: 'orders/:id', lazy: async () => ({ Component: (await import('./order.tsx')).OrderPage }) },
      { path: 'login', lazy: async () => ({ Component: (await import('./sign-in.tsx')).LoginPage }) },
      { path: 'register', lazy: async () => ({ Component: (await import('./sign-in.tsx')).RegisterPage }) },
      { path: 'forgot-password', lazy: async () => ({ Component: (await import('./passwords.tsx')).ForgotPage }) },
      { path: 'reset-password', lazy: async () => ({ Component: (await import('./passwords.tsx')).ResetPage }) },
      {
        path: 'account',
        lazy: async () => ({ Component: (await import('./account.tsx')).AccountLayout }),
        children: [
          { index: true, lazy: async () => ({ Component: (await import('./account.tsx')).ProfilePage }) },
          { path: 'orders', lazy: async () => ({ Component: (await import('./my-orders.tsx')).MyOrdersPage }) },
          { path: 'addresses', lazy: async () => ({ Component: (await import('./addresses.tsx')).AddressesPage }) },
        ],
      },
      { path: '*', element: <NotFound /> },
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
