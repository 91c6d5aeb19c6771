/** One product: its pictures, what it costs, whether it can be had (read again while one looks), and into the cart. */

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Image, Product } from '../../../src/contracts/catalog.ts';
import { GetLevel } from '../../../src/contracts/inventory.ts';
import { LIMITS } from '../../../src/contracts/shapes.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { Icon } from '../ui/icon.tsx';
import { Button, Failure, Skeleton } from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';
import { Picture } from '../ui/picture.tsx';
import { toast } from '../ui/toasts.tsx';
import { money } from '../ui/words.tsx';
import { addToCart } from './cart.ts';
import { priceOf, useChosenCurrency } from './currency.ts';
import { NotFound } from './not-found.tsx';
import { Quantity } from './quantity.tsx';
import { useProduct } from './reads.ts';
import './product.css';

export function ProductPage() {
  const { productId = '' } = useParams();
  const { data: product, error, refetch } = useProduct(productId);
  useTitle(product?.name);
  if (error && !product) {
    const missing = error instanceof Problem && [404, 400, 422].includes(error.status);
    return missing ? <NotFound what="product" /> : <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <div className="page">
      <nav aria-label="Where you are" className="crumbs small">
        <Link to="/products">Products</Link>
        {product?.category && (
          <>
            <Icon name="chevron" size={14} />
            <Link to={`/products?${new URLSearchParams({ category: product.category })}`}>{product.category}</Link>
          </>
        )}
      </nav>
      {product ? <Details key={product.product_id} product={product} /> : <DetailsSkeleton />}
    </div>
  );
}

function Details({ product }: { product: Product }) {
  const { amount, currency } = priceOf(product, useChosenCurrency());
  return (
    <div className="product">
      <Gallery images={product.images} />
      <div className="product-facts">
        <h1 dir="auto">{product.name}</h1>
        <p className="price numbers">{money(amount, currency)}</p>
        {product.archived_at ? <p className="soft">This is no longer sold.</p> : <Purchase product={product} />}
        {product.description && (
          <p className="description" dir="auto">
            {product.description}
          </p>
        )}
        <dl className="facts small">
          <dt>Article</dt>
          <dd className="numbers">{product.product_id}</dd>
          {Object.keys(product.prices).length > 1 && (
            <>
              <dt>Other currencies</dt>
              <dd className="numbers">
                {Object.entries(product.prices)
                  .filter(([other]) => other !== currency)
                  .map(([other, price]) => money(price, other))
                  .join(' · ')}
              </dd>
            </>
          )}
        </dl>
      </div>
    </div>
  );
}

function Purchase({ product }: { product: Product }) {
  const [quantity, setQuantity] = useState(1);
  const chosen = useChosenCurrency();
  const navigate = useNavigate();
  const { product_id } = product;
  // The catalogue's word is a hint; inventory knows how many there are.
  const { data: level } = useQuery({
    queryKey: ['level', product_id],
    queryFn: ({ signal }) => call(GetLevel, { params: { product_id }, signal }),
    refetchInterval: 3_000,
    retry: false,
  });
  const available = level?.available;
  const soldOut = available === undefined ? product.availability === 'out_of_stock' : available <= 0;
  const most = Math.min(available ?? LIMITS.quantity, LIMITS.quantity);
  const add = () => {
    if (!addToCart(product, quantity, priceOf(product, chosen).currency)) {
      toast(`A cart holds ${LIMITS.lines} different products at most`);
      return;
    }
    toast(`${quantity} × ${product.name} is in your cart`, { label: 'To the cart', run: () => navigate('/cart') });
  };
  return (
    <>
      <Availability
        available={available}
        soldOut={soldOut}
        low={(level?.status ?? product.availability) === 'low_stock'}
      />
      <div className="row purchase">
        <Quantity
          label="Quantity"
          value={Math.min(quantity, Math.max(most, 1))}
          max={Math.max(most, 1)}
          onChange={setQuantity}
        />
        <Button tone="primary" look="large" disabled={soldOut} onClick={add}>
          <Icon name="cart" />
          {soldOut ? 'Sold out' : 'Add to cart'}
        </Button>
      </div>
    </>
  );
}

function Availability({ available, soldOut, low }: { available: number | undefined; soldOut: boolean; low: boolean }) {
  const [tone, words] = soldOut
    ? ['bad', 'Sold out at the moment']
    : low
      ? ['wait', available === undefined ? 'Only a few left' : `Only ${available} left`]
      : ['good', 'In stock'];
  return (
    <p className={`availability ${tone}`} role="status">
      {words}
    </p>
  );
}

function Gallery({ images }: { images: readonly Image[] }) {
  const [shown, setShown] = useState(0);
  const image = images[Math.min(shown, images.length - 1)];
  return (
    <div className="gallery">
      <Picture image={image} sizes="(min-width: 60rem) 600px, 94vw" eager />
      {images.length > 1 && (
        <ul className="thumbs">
          {images.map((one, i) => (
            <li key={one.id}>
              <button type="button" className="thumb" aria-pressed={i === shown} onClick={() => setShown(i)}>
                <Picture image={one} sizes="80px" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function DetailsSkeleton() {
  return (
    <div className="product" aria-hidden="true">
      <div className="gallery">
        <span className="picture skeleton" />
      </div>
      <div className="product-facts">
        <Skeleton width="70%" height="2.4rem" />
        <Skeleton width="30%" height="1.6rem" />
        <Skeleton height="7rem" />
      </div>
    </div>
  );
}
