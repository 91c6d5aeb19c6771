/** The admin's first load: styles, the store of what was read, and the routes, each page a file of its own. */
import '@fontsource-variable/inter/wght.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/kit.css';
import './admin.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { createQueries } from '../api/queries.ts';
import { Toasts } from '../ui/toasts.tsx';
import { Shell } from './shell.tsx';

const router = createBrowserRouter(
  [
    {
      element: <Shell />,
      children: [{ index: true, element: <h1>Dashboard</h1> }],
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
