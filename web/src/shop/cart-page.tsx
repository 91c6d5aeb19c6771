/** The cart: what is in it, what has changed since it was put in, what it comes to. */
import { Link } from 'react-router';
import { LIMITS } from '../../../src/contracts/shapes.ts';
import { Button, ButtonLink, Empty, Failure, Notice, Skeleton } from '../ui/kit.tsx';
import { focusHeading, useTitle } from '../ui/page.ts';
import { Picture } from '../ui/picture.tsx';
import { toast } from '../ui/toasts.tsx';
import { money } from '../ui/words.tsx';
import { acceptPrices, changeLines, setQuantity, useCart } from './cart.ts';
import { type LineNews, pieces, withAdded } from './cart-rules.ts';
import { type CartView, type LineView, useCartView } from './cart-view.ts';
import { CurrencySelect } from './currency-select.tsx';
import { Quantity } from './quantity.tsx';
import { PageHead } from './shell.tsx';
import './cart.css';

export function CartPage() {
  useTitle('Cart');
  const view = useCartView();
  const { lines } = useCart();
  if (lines.length === 0) {
    return (
      <Empty page icon="cart" title="Your cart is empty">
        <p>What you put in stays here, also when you close the page.</p>
        <ButtonLink to="/products" tone="primary">
          Look around
        </ButtonLink>
      </Empty>
    );
  }
  return (
    <div className="page">
      <PageHead title="Cart" />
      {view.error ? <Failure error={view.error} retry={view.retry} /> : null}
      <div className="two-columns">
        <ul className="cart-lines">
          {view.lines.map((line) => (
            <Line key={line.line.product_id} view={line} currency={view.currency} />
          ))}
        </ul>
        {view.error ? null : <Summary view={view} />}
      </div>
    </div>
  );
}

function Line({ view: { line, product, news, price, sum }, currency }: { view: LineView; currency: string }) {
  const name = product?.name ?? line.seen?.name ?? line.product_id;
  const remove = () => {
    setQuantity(line.product_id, 0);
    const back = () => changeLines((lines) => withAdded(lines, line) ?? lines);
    focusHeading();
    toast(`${name} is out of your cart`, { label: 'Put it back', run: back });
  };
  return (
    <li className="cart-line">
      <Link to={`/products/${encodeURIComponent(line.product_id)}`} tabIndex={-1} aria-hidden="true">
        <Picture image={product?.images[0]} sizes="96px" decorative />
      </Link>
      <div className="cart-line-facts">
        <Link to={`/products/${encodeURIComponent(line.product_id)}`} className="cart-line-name">
          {name}
        </Link>
        {price && <span className="soft small numbers">{money(price, currency)} each</span>}
        {news && <News news={news} currency={currency} />}
        {news?.kind === 'few' && (
          <Button look="small" onClick={() => setQuantity(line.product_id, news.available)}>
            Take {news.available}
          </Button>
        )}
        <div className="row">
          <Quantity
            label={`Quantity of ${name}`}
            value={line.quantity}
            max={LIMITS.quantity}
            onChange={(quantity) => setQuantity(line.product_id, quantity)}
            onNone={remove}
          />
          <Button tone="quiet" look="small" onClick={remove}>
            Remove
          </Button>
        </div>
      </div>
      <strong className="numbers">{sum ? money(sum, currency) : '–'}</strong>
    </li>
  );
}

export function News({ news, currency }: { news: LineNews; currency: string }) {
  switch (news.kind) {
    case 'gone':
      return <span className="small bad">This is no longer sold; please remove it.</span>;
    case 'sold_out':
      return <span className="small bad">Sold out in the meantime; please remove it, or come back later.</span>;
    case 'few':
      return <span className="small bad">Only {news.available} left.</span>;
    case 'no_price':
      return <span className="small bad">Not sold in {currency}; choose another currency, or remove it.</span>;
    case 'price':
      return (
        <span className="small wait numbers">
          The price has changed from {money(news.before, currency)} to {money(news.now, currency)}.
        </span>
      );
  }
}

function Summary({ view }: { view: CartView }) {
  const { lines } = useCart();
  const repriced = view.lines.some(({ news }) => news?.kind === 'price');
  const count = pieces(lines);
  return (
    <aside className="card summary" aria-label="Sum">
      <div className="row spread">
        <span>
          {count} {count === 1 ? 'item' : 'items'}
        </span>
        {view.isPending ? (
          <Skeleton width="5rem" />
        ) : (
          <strong className="sum numbers">{money(view.total, view.currency)}</strong>
        )}
      </div>
      {repriced && (
        <Notice tone="wait">
          <p>Prices have changed since you put things in.</p>
          <Button look="small" onClick={() => acceptPrices(view.products, view.currency)}>
            All right
          </Button>
        </Notice>
      )}
      {view.ready || view.isPending ? (
        <ButtonLink to="/checkout" tone="primary" look="large wide">
          To the checkout
        </ButtonLink>
      ) : (
        <Notice tone="bad">Something in the cart cannot be had like this any more.</Notice>
      )}
      {view.lines.some(({ news }) => news?.kind === 'no_price') && <CurrencySelect />}
      <p className="hint">Nothing is held for you until you order.</p>
    </aside>
  );
}
