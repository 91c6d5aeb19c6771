/** What is being ordered, beside the form. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Notice } from '../ui/kit.tsx';
import { Picture } from '../ui/picture.tsx';
import { money } from '../ui/words.tsx';
import { News } from './cart-page.tsx';
import type { CartView } from './cart-view.ts';

export function CheckoutSummary({ view, children }: { view: CartView; children: ReactNode }) {
  return (
    <aside className="card summary" aria-label="Your order">
      <div className="row spread">
        <h2>Your order</h2>
        <Link to="/cart" className="small">
          Change
        </Link>
      </div>
      <ul className="order-lines">
        {view.lines.map(({ line, product, news, sum }) => (
          <li key={line.product_id}>
            <Picture image={product?.images[0]} sizes="56px" decorative />
            <div>
              <span>{product?.name ?? line.seen?.name ?? line.product_id}</span>
              <span className="soft small numbers">{line.quantity} ×</span>
              {news && <News news={news} currency={view.currency} />}
            </div>
            <span className="numbers">{sum ? money(sum, view.currency) : '–'}</span>
          </li>
        ))}
      </ul>
      <div className="row spread total">
        <span>Total</span>
        <strong className="sum numbers">{money(view.total, view.currency)}</strong>
      </div>
      {view.error ? <Notice tone="bad">Prices cannot be read right now.</Notice> : null}
      {!view.ready && !view.isPending && !view.error && (
        <Notice tone="bad">
          Something in your cart cannot be had like this any more. <Link to="/cart">Change the cart</Link>
        </Notice>
      )}
      {children}
    </aside>
  );
}
