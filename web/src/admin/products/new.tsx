/** A new product, once, however often it is sent; its pictures go after it, and then its page opens. */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { CreateProduct, GetProduct, type Product } from '../../../../src/contracts/catalog.ts';
import type { BodyOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { isPassing, Problem } from '../../api/http.ts';
import { newKey } from '../../api/key.ts';
import { Button, ButtonLink } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Refusal, useSending } from '../form.tsx';
import { PageHead } from '../page-head.tsx';
import { SAVED, Unsaved } from '../unsaved.tsx';
import { creation, EMPTY, faultsIn, isChanged, isOf } from './draft.ts';
import { AboutFields, OpeningStock, PriceFields } from './fields.tsx';
import { Pictures } from './pictures.tsx';
import { useUploads } from './uploads.ts';

/** Short enough to read out; 48 random bits, as the shop makes them. */
const madeUp = () => `P-${newKey().slice(0, 12).toUpperCase()}`;

type Creation = BodyOf<typeof CreateProduct> & { product_id: string };

/** Makes a product once: when an answer was lost and the SKU is taken by now, the product may be the one that was sent. */
function useCreate(): (body: Creation) => Promise<Product> {
  const unsure = useRef(new Set<string>());
  return async (body) => {
    const { product_id } = body;
    try {
      return await call(CreateProduct, { body });
    } catch (error) {
      if (isPassing(error)) unsure.current.add(product_id);
      if (!(error instanceof Problem) || error.code !== 'product-exists') throw error;
      const there = unsure.current.has(product_id) ? await call(GetProduct, { params: { product_id } }) : undefined;
      if (there && isOf(there, body)) return there;
      const title = there ? 'It may have been added when you saved before' : 'The product was not added';
      const detail = there
        ? `${product_id} is there already, but not as it is here: look at it, and change it there`
        : `${product_id} is taken: choose another`;
      throw new Problem({ title, errors: [{ pointer: '/product_id', detail }] }, error.status);
    }
  };
}

export function NewProductPage() {
  const [sku] = useState(madeUp);
  const [draft, setDraft] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  const [saved, setSaved] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = useCreate();
  const uploads = useUploads(async () => undefined);
  const own = faultsIn(draft);
  const sending = useSending(async () => {
    setTried(true);
    if (Object.keys(own).length > 0) return;
    const { product_id, name } = await create({ ...creation(draft), product_id: draft.product_id.trim() || sku });
    setSaved(true);
    const missing = await uploads.send(product_id, uploads.list);
    await queries.invalidateQueries({ queryKey: ['products'] });
    const count = missing.length;
    toast(count > 0 ? `${name} is for sale, but without ${count} of its pictures` : `${name} is for sale`);
    navigate(`/products/${encodeURIComponent(product_id)}`, { replace: true, state: { ...SAVED, missing } });
  });
  const faults = { ...sending.faults, ...(tried && own) };
  const set = (changes: Partial<typeof draft>) => {
    setDraft((now) => ({ ...now, ...changes }));
    sending.clear();
  };
  const fields = { draft, set, faults };
  return (
    <form className="page" onSubmit={sending.submit} noValidate>
      <PageHead title="Add a product" back={{ to: '/products', label: 'Products' }}>
        <ButtonLink to="/products">Discard</ButtonLink>
        <Button type="submit" tone="primary" busy={sending.busy}>
          Save
        </Button>
      </PageHead>
      <Refusal sending={sending} />
      <div className="split">
        <div className="stack">
          <AboutFields {...fields} madeUp={sku} />
          <Pictures product={undefined} uploads={uploads} />
        </div>
        <div className="stack">
          <PriceFields {...fields} />
          <OpeningStock {...fields} />
        </div>
      </div>
      <Unsaved when={!saved && (isChanged(EMPTY, draft) || uploads.list.length > 0)} sending={uploads.running} />
    </form>
  );
}
