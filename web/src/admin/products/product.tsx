/** One product: everything about it can be changed here, and only what was changed is sent. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useParams } from 'react-router';
import { GetProduct, type Product, UpdateProduct } from '../../../../src/contracts/catalog.ts';
import { call } from '../../api/client.ts';
import { Button, Failure, Notice, Skeleton } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { moment } from '../../ui/words.tsx';
import { Refusal, useSending } from '../form.tsx';
import { isMissing, NoPage } from '../no-page.tsx';
import { PageHead } from '../page-head.tsx';
import { LevelPanel } from '../stock/level-panel.tsx';
import { Unsaved } from '../unsaved.tsx';
import { ProductActions } from './actions.tsx';
import { changes, type Draft, draftOf, faultsIn, isChanged } from './draft.ts';
import { AboutFields, PriceFields } from './fields.tsx';
import { Pictures } from './pictures.tsx';
import { useUploads } from './uploads.ts';

const BACK = { to: '/products', label: 'Products' };

export function ProductPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['products', id],
    queryFn: ({ signal }) => call(GetProduct, { params: { product_id: id }, signal }),
  });
  if (isMissing(error)) return <NoPage what="product" />;
  if (data) return <Editor key={data.product_id} product={data} />;
  return (
    <div className="page">
      <PageHead title="Product" back={BACK} />
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <div className="split" role="status" aria-label="Loading">
          <Skeleton height="28rem" />
          <Skeleton height="18rem" />
        </div>
      )}
    </div>
  );
}

/** What is typed, beside what the shop has; fields that nobody has touched follow the shop. */
function useDraft(product: Product) {
  const [saved, setSaved] = useState<Draft>(() => draftOf(product));
  const [draft, setDraft] = useState(saved);
  const changed = isChanged(saved, draft);
  const { version } = product;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the version that says that there is something new
  useEffect(() => {
    if (changed) return;
    setSaved(draftOf(product));
    setDraft(draftOf(product));
  }, [version]);
  return {
    saved,
    draft,
    changed,
    set: (next: Partial<Draft>) => setDraft((now) => ({ ...now, ...next })),
    reset: (to: Product) => {
      setSaved(draftOf(to));
      setDraft(draftOf(to));
    },
  };
}

function Editor({ product }: { product: Product }) {
  const { saved, draft, changed, set, reset } = useDraft(product);
  const queries = useQueryClient();
  const uploads = useUploads(() => queries.invalidateQueries({ queryKey: ['products', product.product_id] }));
  const own = changed ? faultsIn(draft) : {};
  const sending = useSending(async () => {
    const body = changes(saved, draft);
    if (Object.keys(own).length > 0) return;
    if (Object.keys(body).length === 0) return reset(product);
    const next = await call(UpdateProduct, { params: { product_id: product.product_id }, body });
    queries.setQueryData(['products', product.product_id], next);
    reset(next);
    toast('Saved');
    void queries.invalidateQueries({ queryKey: ['products'] });
    void queries.invalidateQueries({ queryKey: ['categories'] });
  });
  const faults = { ...sending.faults, ...own };
  const fields = {
    draft,
    faults,
    set: (next: Partial<Draft>) => {
      set(next);
      sending.clear();
    },
  };
  return (
    <form className="page" onSubmit={sending.submit} noValidate>
      <PageHead
        title={product.name}
        back={BACK}
        about={`${product.product_id} · changed ${moment(product.updated_at)}`}
      >
        <ProductActions product={product} />
        {changed && <Button onClick={() => reset(product)}>Discard</Button>}
        <Button type="submit" tone="primary" busy={sending.busy} disabled={!changed}>
          Save
        </Button>
      </PageHead>
      {product.archived_at && (
        <Notice tone="wait">
          Archived {moment(product.archived_at)}: nobody sees or buys it. Restore it to sell it again.
        </Notice>
      )}
      <Refusal sending={sending} />
      <div className="split">
        <div className="stack">
          <AboutFields {...fields} isNew={false} />
          <Pictures product={product} uploads={uploads} />
        </div>
        <div className="stack">
          <PriceFields {...fields} />
          <LevelPanel productId={product.product_id} name={product.name} />
        </div>
      </div>
      <Unsaved when={changed} />
    </form>
  );
}
