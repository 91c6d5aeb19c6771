/** A stock level in figures and as a bar. */
import type { Level } from '../../../../src/contracts/inventory.ts';
import { number } from '../../ui/words.tsx';
import { STOCK_STATES, State } from '../states.tsx';

/** On hand is what is in the building; a part of it is promised already. */
export function LevelFigures({ level }: { level: Level }) {
  const { on_hand, reserved, available, status } = level;
  return (
    <>
      <div className="figures numbers">
        <div>
          <strong>{number(available)}</strong> <span className="soft">available</span>
        </div>
        <State of={STOCK_STATES} is={status} />
      </div>
      <LevelBar level={level} />
      <p className="soft small numbers">
        {number(on_hand)} on hand − {number(reserved)} reserved for orders
      </p>
    </>
  );
}

export function LevelBar({ level: { on_hand, reserved, available } }: { level: Level }) {
  const part = on_hand > 0 ? (reserved / on_hand) * 100 : 0;
  return (
    <svg
      className="level-bar"
      role="img"
      aria-label={`${number(available)} of ${number(on_hand)} on hand are available`}
    >
      <rect width="100%" height="100%" className={available > 0 ? 'free' : 'none'} />
      <rect width={`${part}%`} height="100%" className="held" />
    </svg>
  );
}
