/** How many: buttons for one more and one less, and a field for those who want dozens. */
import { useEffect, useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { typedQuantity } from './cart-rules.ts';
import './quantity.css';

export interface QuantityProps {
  label: string;
  value: number;
  max: number;
  onChange: (quantity: number) => void;
  /** None at all: what 0 asks for, where there is something to be rid of. */
  onNone?: () => void;
}

export function Quantity({ label, value, max, onChange, onNone }: QuantityProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const choose = (next: number) => {
    setText(String(next || value));
    if (next === 0) onNone?.();
    else if (next !== value) onChange(next);
  };
  const typed = () => typedQuantity(text, value, { min: onNone ? 0 : 1, max });
  return (
    <fieldset className="quantity">
      <legend className="unseen">{label}</legend>
      <button type="button" aria-label="One less" disabled={value <= 1} onClick={() => choose(value - 1)}>
        <Icon name="minus" size={16} />
      </button>
      <input
        inputMode="numeric"
        aria-label={label}
        value={text}
        maxLength={6}
        onChange={({ target }) => setText(target.value)}
        onBlur={() => choose(typed())}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          // What goes away gives the focus away, and is asked for then.
          if (typed() === 0) event.currentTarget.blur();
          else choose(typed());
        }}
      />
      <button type="button" aria-label="One more" disabled={value >= max} onClick={() => choose(value + 1)}>
        <Icon name="plus" size={16} />
      </button>
    </fieldset>
  );
}
