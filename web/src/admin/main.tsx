/** The admin's first load: styles, the store of what was read, and the routes, each page a file of its own. */
import '@fontsource-variable/inter/wght.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/kit.css';
import './admin.css';
import './frame.css';
import './menus.css';
import './list.css';
import './detail.css';
import './products.css';
import './dashboard.css';
import './dead-letters.css';
import './xray.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { createQueries } from '../api/queries.ts';
import { Toasts } from '../ui/toasts.tsx';
import { Gate } from './gate.tsx';
import { LoginPage } from './login.tsx';
import { NoPage, PageFailure } from './no-page.tsx';
import { HOME, PAGES } from './pages.ts';

const router = createBrowserRouter(
  [
    { path: 'login', element: <LoginPage /> },
    {
      element: <Gate />,
      hydrateFallbackElement: <span />,
      children: [{ errorElement: <PageFailure />, children: [HOME, ...PAGES, { path: '*', element: <NoPage /> }] }],
    },
  ],
  { basename: '/admin' },
);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={createQueries()}>
      <RouterProvider router={router} />
      <Toasts />
    </QueryClientProvider>
  </StrictMode>,
);
