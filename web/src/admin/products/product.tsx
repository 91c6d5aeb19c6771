/** One product: everything about it can be changed here, and only what was changed is sent. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { GetProduct, type Product, UpdateProduct } from '../../../../src/contracts/catalog.ts';
import { call } from '../../api/client.ts';
import { Problem } from '../../api/http.ts';
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
import { rebased } from './rebase.ts';
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

/** The shop has it like this by now; what was typed since `before` stays. */
type Rebase = (before: Draft, to: Product) => void;

/** What is typed, beside what the shop has; fields that nobody has touched follow the shop. */
function useDraft(product: Product) {
  const [base, setBase] = useState(product);
  const [draft, setDraft] = useState<Draft>(() => draftOf(product));
  const changed = isChanged(draftOf(base), draft);
  const reset = (to: Product) => {
    setBase(to);
    setDraft(draftOf(to));
  };
  const { version } = product;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the version that says that there is something new
  useEffect(() => {
    if (!changed) reset(product);
  }, [version]);
  const set = (next: Partial<Draft>) => setDraft((now) => ({ ...now, ...next }));
  const rebase: Rebase = (before, to) => {
    setBase(to);
    setDraft((now) => rebased(before, now, draftOf(to)).draft);
  };
  return { base, draft, changed, set, reset, rebase };
}

/**
 * Sends what was changed, at the version that it was changed from. When somebody else was faster, it is put on what they
 * have left and sent again; what both have changed is for the one who typed to decide.
 */
async function save(base: Product, draft: Draft, rebase: Rebase): Promise<Product> {
  const body = changes(draftOf(base), draft);
  if (Object.keys(body).length === 0) return base;
  const { product_id, version } = base;
  try {
    return await call(UpdateProduct, { params: { product_id }, body: { ...body, version } });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'product-changed') throw error;
    const now = error.extra.product as Product;
    const { draft: next, clashes } = rebased(draftOf(base), draft, draftOf(now));
    rebase(draftOf(base), now);
    if (Object.keys(clashes).length === 0) return save(now, next, rebase);
    throw new Problem({ ...CLASH, errors: Object.entries(clashes).map(toldAt) }, error.status);
  }
}

const CLASH = {
  title: 'Somebody else has changed this product meanwhile',
  detail: 'What you have typed is still here. Look at what is marked; saving again replaces what they have set.',
};
const toldAt = ([pointer, theirs]: [string, string]) => ({
  pointer,
  detail: `Changed meanwhile: ${theirs === '' ? 'nothing' : theirs}`,
});

function Editor({ product }: { product: Product }) {
  const { base, draft, changed, set, reset, rebase } = useDraft(product);
  const queries = useQueryClient();
  const uploads = useUploads(
    () => queries.invalidateQueries({ queryKey: ['products', product.product_id] }),
    useLocation().state?.missing,
  );
  const navigate = useNavigate();
  // They are in the list by now; loading the page again is no news of them.
  useEffect(() => void navigate('.', { replace: true, state: null, preventScrollReset: true }), [navigate]);
  const own = changed ? faultsIn(draft) : {};
  const sending = useSending(async () => {
    if (Object.keys(own).length > 0) return;
    const next = await save(base, draft, rebase);
    queries.setQueryData(['products', product.product_id], next);
    rebase(draft, next);
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
          <AboutFields {...fields} />
          <Pictures product={product} uploads={uploads} />
        </div>
        <div className="stack">
          <PriceFields {...fields} />
          <LevelPanel productId={product.product_id} name={product.name} />
        </div>
      </div>
      <Unsaved when={changed} sending={uploads.running} />
    </form>
  );
}
