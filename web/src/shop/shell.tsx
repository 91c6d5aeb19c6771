/** The frame of every page: the way around, the search, the cart; and a word when the network or a part of it is away. */
import { onlineManager } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Link, NavLink, Outlet, ScrollRestoration, useLocation, useNavigate, useSearchParams } from 'react-router';
import { useNoLeftovers } from '../api/me.ts';
import { useSignedIn } from '../api/session.ts';
import { Icon } from '../ui/icon.tsx';
import { Mark } from '../ui/mark.tsx';
import { SHOP_NAME } from '../ui/page.ts';
import { ThemeSelect } from '../ui/theme.tsx';
import { forgetAttempt } from './attempt.ts';
import { useCart } from './cart.ts';
import { pieces } from './cart-rules.ts';
import { useCartSync } from './cart-sync.ts';
import { CurrencySelect } from './currency-select.tsx';
import { forgetDraft } from './draft.ts';
import { MAX_SEARCH, useCategories } from './reads.ts';

const Toasts = lazy(async () => ({ default: (await import('../ui/toasts.tsx')).Toasts }));

export function Shell() {
  useCartSync();
  useNoLeftovers(forgetOrdering);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: on every new page, those who hear it begin at its content
  useEffect(() => {
    const typing = document.activeElement?.closest('search');
    if (!first.current && !typing) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <Header />
      <Offline />
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Footer />
      <Suspense>
        <Toasts />
      </Suspense>
      <ScrollRestoration getKey={({ pathname: path, key }) => (path === '/' ? path : key)} />
    </>
  );
}

function forgetOrdering(): void {
  forgetDraft();
  forgetAttempt();
}

function Header() {
  const signedIn = useSignedIn();
  const { lines } = useCart();
  const count = pieces(lines);
  const shown = count > 99 ? '99+' : String(count);
  return (
    <header className="top">
      <div className="top-row">
        <Link to="/" className="brand">
          <Mark />
          {SHOP_NAME}
        </Link>
        <Search />
        <nav className="tools" aria-label="Account and cart">
          <NavLink to={signedIn ? '/account' : '/login'} className="tool">
            <Icon name="user" />
            <span className="tool-words">{signedIn ? 'Account' : 'Log in'}</span>
          </NavLink>
          <NavLink to="/cart" className="tool">
            <Icon name="cart" />
            <span className="tool-words">Cart</span>{' '}
            <span className={count > 0 ? 'count numbers' : 'unseen'}>{shown}</span>
            <span className="unseen"> {count === 1 ? 'item' : 'items'}</span>
          </NavLink>
        </nav>
      </div>
      <Categories />
    </header>
  );
}

function Categories() {
  const { data } = useCategories();
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const current = pathname === '/products' ? search.get('category') : undefined;
  const place = (category: string | null): { className: string; 'aria-current'?: 'page' } =>
    current === category ? { className: 'category', 'aria-current': 'page' } : { className: 'category' };
  return (
    <nav className="categories" aria-label="Categories">
      <Link to="/products" {...place(null)}>
        All
      </Link>
      {data?.items.map(({ name }) => (
        <Link key={name} to={`/products?${new URLSearchParams({ category: name })}`} {...place(name)}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

const TYPING_MS = 180;

/** Searches as one types; the address always says what is shown. */
function Search() {
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const shown = pathname === '/products' ? (params.get('search') ?? '') : '';
  const [text, setText] = useState(shown);
  const navigate = useNavigate();
  const typed = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // A space at the end is not in the address, and more is to come.
    if (typed.current === undefined) setText((now) => (now.trim() === shown ? now : shown));
  }, [shown]);

  function go(words: string, typing: boolean) {
    clearTimeout(typed.current);
    typed.current = undefined;
    // The address itself: on a slow machine the next letter comes before the page of the first one is drawn.
    const open = location.pathname === '/products';
    const next = new URLSearchParams(open ? location.search : '');
    if (words.trim() === '') next.delete('search');
    else next.set('search', words.trim());
    navigate(`/products${next.size > 0 ? `?${next}` : ''}`, { replace: typing && open });
  }

  return (
    <search className="search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go(text, false);
        }}
      >
        <Icon name="search" size={18} />
        <input
          type="search"
          value={text}
          maxLength={MAX_SEARCH}
          placeholder="Search"
          aria-label="Search products"
          enterKeyHint="search"
          onChange={({ target: { value } }) => {
            setText(value);
            clearTimeout(typed.current);
            // The first letter opens the page, the next ones change it: one step back leads to where one was.
            typed.current = setTimeout(() => go(value, true), TYPING_MS);
          }}
        />
      </form>
    </search>
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
      There is no connection. Your cart is safe; this page goes on by itself.
    </p>
  );
}

function Footer() {
  return (
    <footer className="bottom">
      <div className="bottom-row">
        <p>{SHOP_NAME}. Every order tells you what happens to it, step by step.</p>
        <div className="row">
          <CurrencySelect />
          <ThemeSelect />
        </div>
      </div>
    </footer>
  );
}

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="page-head">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
