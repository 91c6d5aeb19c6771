/** What is sold out, then what soon will be. */
import { Link } from 'react-router';
import type { Level } from '../../../../src/contracts/inventory.ts';
import { number } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { useProductNames } from '../stock/names.ts';
import { useLevelsThatAre } from './reads.ts';

const SHOWN = 6;

export function LowStockCard() {
  const out = useLevelsThatAre('out_of_stock', SHOWN);
  const low = useLevelsThatAre('low_stock', SHOWN);
  return (
    <Panel title="Low stock" actions={<Link to="/stock?status=low_stock">All</Link>}>
      <Loaded query={out} lines={3}>
        {(none) => (
          <Loaded query={low} lines={3}>
            {(few) => <Levels levels={[...none.items, ...few.items].slice(0, SHOWN)} />}
          </Loaded>
        )}
      </Loaded>
    </Panel>
  );
}

function Levels({ levels }: { levels: readonly Level[] }) {
  const names = useProductNames(levels.map(({ product_id }) => product_id));
  if (levels.length === 0) return <p className="nothing-short soft">Everything is well in stock.</p>;
  return (
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
  );
}
