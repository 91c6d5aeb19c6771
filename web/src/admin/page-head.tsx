/** A page's name, where it belongs, and what can be done here. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Icon } from '../ui/icon.tsx';
import { useTitle } from '../ui/page.ts';

export interface PageHeadProps {
  title: string;
  /** In the tab, where it should say more. */
  tab?: string;
  /** The list it is of. */
  back?: { to: string; label: string };
  /** Beside the title: a state. */
  beside?: ReactNode;
  /** Below the title. */
  about?: ReactNode;
  /** Actions. */
  children?: ReactNode;
}

export function PageHead({ title, tab, back, beside, about, children }: PageHeadProps) {
  useTitle(tab ?? title);
  return (
    <header className="page-head">
      <div className="page-title">
        {back && (
          <Link to={back.to} className="back" aria-label={`Back: ${back.label}`}>
            <Icon name="back" size={18} />
          </Link>
        )}
        <h1>{title}</h1>
        {beside}
        {about && <div className="page-about soft">{about}</div>}
      </div>
      {children && <div className="actions">{children}</div>}
    </header>
  );
}
