/** What was ordered, and what it came to. */
import { Link } from 'react-router';
import { fromMinor, toMinor } from '../../../../src/contracts/money.ts';
import type { Order } from '../../../../src/contracts/orders.ts';
import { Picture } from '../../ui/picture.tsx';
import { money, number } from '../../ui/words.tsx';
import { Panel } from '../panel.tsx';
import { useProductsOf } from './reads.ts';

export function Items({ order }: { order: Order }) {
  const { items, currency, total_amount, refunded_amount } = order;
  const products = useProductsOf(items);
  const refunded = (toMinor(refunded_amount, currency) ?? 0) > 0;
  const kept = (toMinor(total_amount, currency) ?? 0) - (toMinor(refunded_amount, currency) ?? 0);
  return (
    <Panel title="Items">
      <ul className="items">
        {items.map(({ product_id, name, quantity, unit_price, line_total }) => (
          <li key={product_id}>
            <span className="thumb">
              <Picture image={products.data?.get(product_id)?.images[0]} sizes="44px" decorative />
            </span>
            <div className="item-name">
              <Link to={`/products/${encodeURIComponent(product_id)}`}>{name}</Link>
              <span className="soft small">{product_id}</span>
            </div>
            <span className="soft numbers item-sum">
              {number(quantity)} × {money(unit_price, currency)}
            </span>
            <span className="numbers item-total">{money(line_total, currency)}</span>
          </li>
        ))}
      </ul>
      <dl className="sums numbers">
        <div className="sum">
          <dt>Total</dt>
          <dd>{money(total_amount, currency)}</dd>
        </div>
        {refunded && (
          <>
            <div>
              <dt>Refunded</dt>
              <dd>−{money(refunded_amount, currency)}</dd>
            </div>
            <div className="sum">
              <dt>Kept</dt>
              <dd>{money(fromMinor(kept, currency), currency)}</dd>
            </div>
          </>
        )}
      </dl>
    </Panel>
  );
}
