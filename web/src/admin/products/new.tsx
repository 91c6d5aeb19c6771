/** A new product; its pictures go after it, and then its page opens. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { CreateProduct } from '../../../../src/contracts/catalog.ts';
import { call } from '../../api/client.ts';
import { Button, ButtonLink, faultsOf, ProblemNotice } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { PageHead } from '../page-head.tsx';
import { Unsaved } from '../unsaved.tsx';
import { creation, EMPTY, faultsIn, isChanged } from './draft.ts';
import { AboutFields, OpeningStock, PriceFields } from './fields.tsx';
import { Pictures } from './pictures.tsx';
import { useUploads } from './uploads.ts';

export function NewProductPage() {
  const [draft, setDraft] = useState(EMPTY);
  const [error, setError] = useState<unknown>();
  const [tried, setTried] = useState(false);
  const [state, setState] = useState<'typing' | 'saving' | 'saved'>('typing');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const uploads = useUploads(async () => undefined);
  const own = faultsIn(draft);
  const faults = { ...faultsOf(error), ...(tried && own) };
  const set = (changes: Partial<typeof draft>) => {
    setDraft((now) => ({ ...now, ...changes }));
    setError(undefined);
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.keys(own).length > 0) return;
    setState('saving');
    setError(undefined);
    try {
      const { product_id, name } = await call(CreateProduct, { body: creation(draft) });
      setState('saved');
      const refused = await uploads.send(product_id, uploads.list);
      await queries.invalidateQueries({ queryKey: ['products'] });
      toast(refused > 0 ? `${name} is for sale, but ${refused} of its pictures were refused` : `${name} is for sale`);
      navigate(`/products/${encodeURIComponent(product_id)}`, { replace: true });
    } catch (problem) {
      setState('typing');
      setError(problem);
    }
  }

  const fields = { draft, set, faults };
  return (
    <form className="page" onSubmit={submit} noValidate>
      <PageHead title="Add a product" back={{ to: '/products', label: 'Products' }}>
        <ButtonLink to="/products">Discard</ButtonLink>
        <Button type="submit" tone="primary" busy={state !== 'typing'}>
          Save
        </Button>
      </PageHead>
      <ProblemNotice error={error} shown={Object.keys(faults)} />
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
      <Unsaved when={state === 'typing' && (isChanged(EMPTY, draft) || uploads.list.length > 0)} />
    </form>
  );
}
