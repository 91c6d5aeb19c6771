/** The frame of the admin: navigation, who is signed in, and the page. */
import { Outlet } from 'react-router';

export function Shell() {
  return (
    <main>
      <Outlet />
    </main>
  );
}
