/** The first page: what this shop is, where to go, what is new. */
import { Link } from 'react-router';
import { ButtonLink, Empty, Failure } from '../ui/kit.tsx';
import { SHOP_NAME, useTitle } from '../ui/page.ts';
import { Picture } from '../ui/picture.tsx';
import { GridSkeleton, ProductGrid } from './product-card.tsx';
import { useCategories, useProducts } from './reads.ts';

const NEWEST = { sort: 'newest', availability: 'available', limit: 12 } as const;

export function Home() {
  useTitle(undefined);
  const { data, error, isPending, refetch } = useProducts(NEWEST);
  const products = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className="page">
      <Hero pictures={products.filter(({ images }) => images.length > 0).slice(0, 3)} />
      <CategoryTiles />
      <section aria-labelledby="new">
        <div className="row spread section-head">
          <h2 id="new">New in the shop</h2>
          <Link to="/products?sort=newest">See everything</Link>
        </div>
        {isPending && <GridSkeleton />}
        {error && products.length === 0 && <Failure error={error} retry={() => void refetch()} />}
        {data && products.length === 0 && (
          <Empty icon="box" title="Nothing is for sale yet">
            <p>Whoever owns this shop can add the first product in the admin.</p>
          </Empty>
        )}
        <ProductGrid products={products} />
      </section>
    </div>
  );
}

function Hero({ pictures }: { pictures: Parameters<typeof ProductGrid>[0]['products'] }) {
  return (
    <section className="hero">
      <div>
        <h1>Good things, on their way.</h1>
        <p>
          Order at {SHOP_NAME} and watch it happen: held for you, paid, on the road, there. Every step, the moment it is
          made.
        </p>
        <div className="row">
          <ButtonLink to="/products" tone="primary" look="large">
            Look around
          </ButtonLink>
        </div>
      </div>
      <div className="hero-pictures" aria-hidden="true">
        {pictures.map(({ product_id, images }) => (
          <Picture key={product_id} image={images[0]} sizes="(min-width: 60rem) 20vw, 30vw" eager decorative />
        ))}
      </div>
    </section>
  );
}

function CategoryTiles() {
  const { data } = useCategories();
  if (!data || data.items.length === 0) return <div className="tiles" />;
  return (
    <nav className="tiles" aria-label="Shop by category">
      {data.items.map(({ name, products }) => (
        <Link key={name} to={`/products?${new URLSearchParams({ category: name })}`} className="tile">
          <strong>{name}</strong>
          <span className="soft small">
            {products} {products === 1 ? 'product' : 'products'}
          </span>
        </Link>
      ))}
    </nav>
  );
}
