/** The frame of the admin: where to go, who is signed in, and the page; the keyboard and the palette of all pages. */
import { Dialog as Base } from '@base-ui/react/dialog';
import { onlineManager } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router';
import type { Customer } from '../../../src/contracts/customers.ts';
import { Icon } from '../ui/icon.tsx';
import { Mark } from '../ui/mark.tsx';
import { SHOP_NAME } from '../ui/page.ts';
import { number } from '../ui/words.tsx';
import { useFindingsCount } from './books/reads.ts';
import { useDeadCount } from './dead-letters/reads.ts';
import { PALETTE_KEYS, useKeys, useSingleKeys } from './keys.ts';
import { SECTIONS } from './nav.ts';
import { Palette } from './palette.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { UserMenu } from './user-menu.tsx';

export function Shell({ me }: { me: Customer }) {
  const [over, setOver] = useState<'palette' | 'help' | 'menu' | undefined>();
  const openPalette = useCallback(() => setOver('palette'), []);
  const openHelp = useCallback(() => setOver('help'), []);
  const close = useCallback(() => setOver(undefined), []);
  useKeys({ openPalette, openHelp });
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu belongs to the page that one leaves
  useEffect(() => setOver((now) => (now === 'menu' ? undefined : now)), [pathname]);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        To the content
      </a>
      <TopBar openMenu={() => setOver('menu')} openPalette={openPalette} />
      <aside className="side">
        <Side me={me} openPalette={openPalette} openHelp={openHelp} />
      </aside>
      <Content />
      <Drawer open={over === 'menu'} onClose={close}>
        <Side me={me} openPalette={openPalette} openHelp={openHelp} />
      </Drawer>
      <Palette open={over === 'palette'} onClose={close} />
      <Shortcuts open={over === 'help'} onClose={close} />
      <ScrollRestoration />
    </div>
  );
}

/** On every new page those who hear it, and the keyboard, begin at its content. */
function Content() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the path that moves the focus
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <main id="main" ref={main} tabIndex={-1}>
      <Offline />
      <Outlet />
    </main>
  );
}

interface SideProps {
  me: Customer;
  openPalette: () => void;
  openHelp: () => void;
}

function Side({ me, openPalette, openHelp }: SideProps) {
  const [singleKeys] = useSingleKeys();
  return (
    <>
      <Link to="/" className="brand">
        <Mark />
        <span className="side-words">{SHOP_NAME}</span>
      </Link>
      <button type="button" className="find" onClick={openPalette} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" size={16} />
        <span className="side-words">Find anything</span>
        <kbd className="side-words">{PALETTE_KEYS}</kbd>
      </button>
      <nav aria-label="Sections" className="sections">
        {SECTIONS.map(({ to, label, icon, key }) => (
          <NavLink
            key={to}
            to={to}
            end={to === '/'}
            className="section"
            title={singleKeys ? `${label} (g ${key})` : label}
          >
            <Icon name={icon} size={18} />
            <span className="side-words">{label}</span>
            {to === '/dead-letters' && <DeadCount />}
            {to === '/books' && <FindingsCount />}
          </NavLink>
        ))}
      </nav>
      <UserMenu me={me} openHelp={openHelp} />
    </>
  );
}

function DeadCount() {
  const count = useDeadCount();
  return count > 0 && <span className="count">{number(count)}</span>;
}

function FindingsCount() {
  const count = useFindingsCount();
  return count > 0 && <span className="count">{number(count)}</span>;
}

function TopBar({ openMenu, openPalette }: { openMenu: () => void; openPalette: () => void }) {
  return (
    <header className="topbar">
      <button type="button" className="button quiet icon" aria-label="Menu" onClick={openMenu}>
        <Icon name="menu" />
      </button>
      <Link to="/" className="brand">
        <Mark />
        {SHOP_NAME}
      </Link>
      <button type="button" className="button quiet icon" aria-label="Find anything" onClick={openPalette}>
        <Icon name="search" />
      </button>
    </header>
  );
}

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  children: React.ReactNode;
}

function Drawer({ open, onClose, children }: DrawerProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="side-drawer" aria-label="Menu">
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function Offline() {
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  if (online) return null;
  return (
    <p className="offline" role="status">
      There is no connection: what you see may be old. This page goes on by itself.
    </p>
  );
}
