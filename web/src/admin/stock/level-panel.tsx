/** The stock of one product beside the rest about it. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { GetLevel } from '../../../../src/contracts/inventory.ts';
import { call } from '../../api/client.ts';
import { Problem } from '../../api/http.ts';
import { Button } from '../../ui/kit.tsx';
import { number } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { type Change, ChangeDialog } from './change-dialog.tsx';
import { LevelFigures } from './level-figures.tsx';

export function LevelPanel({ productId, name }: { productId: string; name: string }) {
  const [change, setChange] = useState<Change>();
  const level = useQuery({
    queryKey: ['stock', 'level', productId],
    // Right after a product was made, inventory has yet to hear of it.
    queryFn: ({ signal }) =>
      call(GetLevel, { params: { product_id: productId }, signal }).catch((error) => {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }),
    refetchInterval: ({ state }) => (state.data === null ? 1_000 : 15_000),
  });
  return (
    <Panel title="Stock" actions={<Link to={`/stock/ledger?product=${encodeURIComponent(productId)}`}>Ledger</Link>}>
      <Loaded query={level} lines={3}>
        {(data) =>
          data ? (
            <>
              <LevelFigures level={data} />
              <div className="row">
                <Button look="small" onClick={() => setChange('replenish')}>
                  Replenish
                </Button>
                <Button look="small" onClick={() => setChange('adjust')}>
                  Adjust
                </Button>
                <Button look="small" onClick={() => setChange('threshold')}>
                  Low from {number(data.low_stock_threshold)}
                </Button>
              </div>
              {change && <ChangeDialog level={data} name={name} change={change} onClose={() => setChange(undefined)} />}
            </>
          ) : (
            <p className="none">Its stock is being opened…</p>
          )
        }
      </Loaded>
    </Panel>
  );
}
