/** What is sold out, then what soon will be. */
import { Link } from 'react-router';
import { number } from '../../ui/words.tsx';
import { Away, Loaded, Panel } from '../panel.tsx';
import { useProductNames } from '../stock/names.ts';
import { useLevelsThatAre } from './reads.ts';

const SHOWN = 6;

export function LowStockCard() {
  const out = useLevelsThatAre('out_of_stock', SHOWN);
  const low = useLevelsThatAre('low_stock', SHOWN);
  const levels = [...(out.data?.items ?? []), ...(low.data?.items ?? [])].slice(0, SHOWN);
  const names = useProductNames(levels.map(({ product_id }) => product_id));
  return (
    <Panel title="Low stock" actions={<Link to="/stock?status=low_stock">All</Link>}>
      {out.error && !out.data ? (
        <Away error={out.error} retry={() => void out.refetch()} />
      ) : (
        <Loaded query={low} lines={3}>
          {() =>
            levels.length === 0 ? (
              <p className="nothing-short soft">Everything is well in stock.</p>
            ) : (
              <ul className="rows numbers">
                {levels.map(({ product_id, available, status }) => (
                  <li key={product_id}>
                    <Link to={`/products/${encodeURIComponent(product_id)}`} className="grow plain-link">
                      {names.data?.get(product_id)?.name ?? product_id}
                    </Link>
                    <strong className={status === 'out_of_stock' ? 'bad' : 'wait'}>
                      {available === 0 ? 'sold out' : `${number(available)} left`}
                    </strong>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
    </Panel>
  );
}
