/** A new product; its pictures go after it, and then its page opens. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { CreateProduct } from '../../../../src/contracts/catalog.ts';
import { call } from '../../api/client.ts';
import { Button, ButtonLink } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Refusal, useSending } from '../form.tsx';
import { PageHead } from '../page-head.tsx';
import { Unsaved } from '../unsaved.tsx';
import { creation, EMPTY, faultsIn, isChanged } from './draft.ts';
import { AboutFields, OpeningStock, PriceFields } from './fields.tsx';
import { Pictures } from './pictures.tsx';
import { useUploads } from './uploads.ts';

export function NewProductPage() {
  const [draft, setDraft] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  const [saved, setSaved] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const uploads = useUploads(async () => undefined);
  const own = faultsIn(draft);
  const sending = useSending(async () => {
    setTried(true);
    if (Object.keys(own).length > 0) return;
    const { product_id, name } = await call(CreateProduct, { body: creation(draft) });
    setSaved(true);
    const refused = await uploads.send(product_id, uploads.list);
    await queries.invalidateQueries({ queryKey: ['products'] });
    toast(refused > 0 ? `${name} is for sale, but ${refused} of its pictures were refused` : `${name} is for sale`);
    navigate(`/products/${encodeURIComponent(product_id)}`, { replace: true });
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
          <AboutFields {...fields} isNew />
          <Pictures product={undefined} uploads={uploads} />
        </div>
        <div className="stack">
          <PriceFields {...fields} />
          <OpeningStock {...fields} />
        </div>
      </div>
      <Unsaved when={!saved && (isChanged(EMPTY, draft) || uploads.list.length > 0)} />
    </form>
  );
}
