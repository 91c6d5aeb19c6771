/** Products as pictures: the grid of home and catalogue. */
import { Link } from 'react-router';
import type { Product } from '../../../src/contracts/catalog.ts';
import { Skeleton } from '../ui/kit.tsx';
import { Picture } from '../ui/picture.tsx';
import { money } from '../ui/words.tsx';
import { priceOf, useChosenCurrency } from './currency.ts';

const SIZES = '(min-width: 75rem) 280px, (min-width: 45rem) 30vw, 46vw';
/** So many are in view at once. */
const EAGER = 4;

export function ProductGrid({ products, dimmed = false }: { products: readonly Product[]; dimmed?: boolean }) {
  return (
    <ul className={dimmed ? 'grid dimmed' : 'grid'}>
      {products.map((product, i) => (
        <li key={product.product_id}>
          <ProductCard product={product} eager={i < EAGER} />
        </li>
      ))}
    </ul>
  );
}

function ProductCard({ product, eager }: { product: Product; eager: boolean }) {
  const { amount, currency } = priceOf(product, useChosenCurrency());
  return (
    <Link to={`/products/${encodeURIComponent(product.product_id)}`} className="product-card">
      <Picture image={product.images[0]} sizes={SIZES} eager={eager} decorative />
      <span className="product-name" dir="auto">
        {product.name}
      </span>
      <span className="product-price numbers">{money(amount, currency)}</span>
      <Scarcity availability={product.availability} />
    </Link>
  );
}

function Scarcity({ availability }: Pick<Product, 'availability'>) {
  if (availability === 'in_stock') return null;
  return availability === 'low_stock' ? (
    <span className="scarcity wait">Only a few left</span>
  ) : (
    <span className="scarcity soft">Sold out</span>
  );
}

export function GridSkeleton({ count = 8 }: { count?: number }) {
  return (
    <div className="grid" aria-hidden="true">
      {Array.from({ length: count }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div className="product-card" key={i}>
          <span className="picture skeleton" />
          <Skeleton width="70%" />
          <Skeleton width="30%" />
        </div>
      ))}
    </div>
  );
}
