/** The lists of one section, side by side. */
import { NavLink } from 'react-router';

export function SubNav({ label, places }: { label: string; places: readonly { to: string; label: string }[] }) {
  return (
    <nav className="segments" aria-label={label}>
      {places.map(({ to, label: words }) => (
        <NavLink key={to} to={to} end>
          {words}
        </NavLink>
      ))}
    </nav>
  );
}
