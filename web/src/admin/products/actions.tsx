/** Archiving, which can be undone at once and later; the product as shoppers see it. */
import { Menu } from '@base-ui/react/menu';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { DeleteProduct, type Product, RestoreProduct } from '../../../../src/contracts/catalog.ts';
import { call } from '../../api/client.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, wordsOf } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { MenuBox } from '../menu-box.tsx';

export function ProductActions({ product }: { product: Product }) {
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const params = { product_id: product.product_id };

  async function attempt(work: () => Promise<void>) {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      toast(wordsOf(error).message);
    } finally {
      setBusy(false);
      await queries.invalidateQueries({ queryKey: ['products'] });
    }
  }
  const restore = () =>
    attempt(async () => {
      await call(RestoreProduct, { params });
      toast(`${product.name} is for sale again`);
    });
  const archive = () =>
    attempt(async () => {
      await call(DeleteProduct, { params });
      toast(`${product.name} is archived`, { label: 'Undo', run: () => void restore() });
    });

  return (
    <>
      {product.archived_at && (
        <Button busy={busy} onClick={restore}>
          Restore
        </Button>
      )}
      <Menu.Root>
        <Menu.Trigger className="button plain icon" aria-label="More actions">
          <Icon name="dots" size={18} />
        </Menu.Trigger>
        <MenuBox label="More actions">
          {!product.archived_at && (
            <Menu.LinkItem
              className="menu-item"
              href={`/products/${encodeURIComponent(product.product_id)}`}
              target="_blank"
            >
              See it in the shop
              <Icon name="external" size={15} />
            </Menu.LinkItem>
          )}
          <Menu.LinkItem
            className="menu-item"
            render={<Link to={`/orders?product=${encodeURIComponent(product.product_id)}`}>Its orders</Link>}
          />
          {!product.archived_at && (
            <Menu.Item className="menu-item bad" disabled={busy} onClick={() => void archive()}>
              Archive: stop selling it
            </Menu.Item>
          )}
        </MenuBox>
      </Menu.Root>
    </>
  );
}
