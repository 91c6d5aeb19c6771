/** How many: buttons for one more and one less, and a field for those who want dozens. */
import { useEffect, useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import './quantity.css';

export interface QuantityProps {
  label: string;
  value: number;
  max: number;
  onChange: (quantity: number) => void;
}

export function Quantity({ label, value, max, onChange }: QuantityProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const choose = (next: number) => {
    const quantity = Math.max(1, Math.min(Number.isFinite(next) ? Math.round(next) : value, max));
    setText(String(quantity));
    if (quantity !== value) onChange(quantity);
  };
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
        onChange={({ target }) => setText(target.value.replace(/\D/g, ''))}
        onBlur={() => choose(Number(text || value))}
        onKeyDown={(event) => {
          if (event.key === 'Enter') choose(Number(text || value));
        }}
      />
      <button type="button" aria-label="One more" disabled={value >= max} onClick={() => choose(value + 1)}>
        <Icon name="plus" size={16} />
      </button>
    </fieldset>
  );
}
