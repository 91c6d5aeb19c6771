/** What was ordered, with today's pictures and the price of that day. */
import { Link } from 'react-router';
import type { Order } from '../../../src/contracts/orders.ts';
import { Picture } from '../ui/picture.tsx';
import { money } from '../ui/words.tsx';
import { useProductsById } from './reads.ts';

export function OrderLines({ order }: { order: Order }) {
  const { data } = useProductsById(order.items.map(({ product_id }) => product_id));
  return (
    <>
      <h2>Ordered</h2>
      <ul className="order-lines">
        {order.items.map(({ product_id, name, quantity, line_total }) => (
          <li key={product_id}>
            <Picture image={data?.get(product_id)?.images[0]} sizes="56px" decorative />
            <div>
              <Link to={`/products/${encodeURIComponent(product_id)}`}>{name}</Link>
              <span className="soft small numbers">{quantity} ×</span>
            </div>
            <span className="numbers">{money(line_total, order.currency)}</span>
          </li>
        ))}
      </ul>
      <div className="row spread total">
        <span>Total</span>
        <strong className="sum numbers">{money(order.total_amount, order.currency)}</strong>
      </div>
    </>
  );
}
