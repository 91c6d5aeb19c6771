/** The fields of a product. */
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { ListCategories } from '../../../../src/contracts/catalog.ts';
import { DEFAULT_LOW_STOCK_THRESHOLD } from '../../../../src/contracts/inventory.ts';
import { call } from '../../api/client.ts';
import { newKey } from '../../api/key.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, Field, Input } from '../../ui/kit.tsx';
import { Panel } from '../panel.tsx';
import type { Draft, PriceLine } from './draft.ts';

export interface FieldsProps {
  draft: Draft;
  set: (changes: Partial<Draft>) => void;
  faults: Record<string, string | undefined>;
}

/** `madeUp`: the SKU of a new product, unless another is typed. */
export function AboutFields({ draft, set, faults, madeUp }: FieldsProps & { madeUp?: string }) {
  const isNew = madeUp !== undefined;
  const suggestions = useId();
  const { data } = useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => call(ListCategories, { signal }),
    staleTime: 60_000,
  });
  return (
    <Panel title="About">
      <Input
        label="Name"
        value={draft.name}
        maxLength={200}
        autoFocus={isNew}
        fault={faults['/name']}
        onChange={({ target }) => set({ name: target.value })}
      />
      <Field label="Description" optional fault={faults['/description']}>
        {(attributes) => (
          <textarea
            {...attributes}
            className="input"
            rows={6}
            maxLength={10_000}
            value={draft.description}
            onChange={({ target }) => set({ description: target.value })}
          />
        )}
      </Field>
      <div className="columns">
        <Input
          label="Category"
          optional
          list={suggestions}
          maxLength={100}
          value={draft.category}
          fault={faults['/category']}
          onChange={({ target }) => set({ category: target.value })}
        />
        {isNew && (
          <Input
            label="SKU"
            optional
            hint="Letters, digits, dots and dashes; made up for you if empty. It never changes."
            placeholder={madeUp}
            maxLength={64}
            value={draft.product_id}
            fault={faults['/product_id']}
            onChange={({ target }) => set({ product_id: target.value })}
          />
        )}
      </div>
      <datalist id={suggestions}>
        {data?.items.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </Panel>
  );
}

const CURRENCIES = 'currencies';

export function PriceFields({ draft, set, faults }: FieldsProps) {
  const change = (key: string, changed: Partial<PriceLine>) =>
    set({ prices: draft.prices.map((line) => (line.key === key ? { ...line, ...changed } : line)) });
  return (
    <Panel title="Prices">
      <datalist id={CURRENCIES}>
        {['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'SEK', 'NOK', 'DKK', 'PLN', 'KWD', 'INR', 'BRL'].map(
          (code) => (
            <option key={code} value={code} />
          ),
        )}
      </datalist>
      <div className="price-line">
        <Input
          label="Price"
          inputMode="decimal"
          value={draft.price}
          fault={faults['/price']}
          onChange={({ target }) => set({ price: target.value })}
        />
        <Input
          label="Currency"
          list={CURRENCIES}
          maxLength={3}
          placeholder="Shop’s"
          required={false}
          value={draft.currency}
          fault={faults['/currency']}
          onChange={({ target }) => set({ currency: target.value.toUpperCase() })}
        />
        <span />
      </div>
      {draft.prices.map(({ key, currency, amount }) => (
        <div key={key} className="price-line">
          <Input
            label={`Price in ${currency || 'another currency'}`}
            inputMode="decimal"
            value={amount}
            fault={faults[`/prices/${key}`] ?? faults[`/prices/${currency}`]}
            onChange={({ target }) => change(key, { amount: target.value })}
          />
          <Input
            label="Currency"
            list={CURRENCIES}
            maxLength={3}
            value={currency}
            onChange={({ target }) => change(key, { currency: target.value.toUpperCase() })}
          />
          <Button
            tone="quiet"
            look="icon"
            aria-label={`Remove ${currency || 'this currency'}`}
            onClick={() => set({ prices: draft.prices.filter((line) => line.key !== key) })}
          >
            <Icon name="trash" size={16} />
          </Button>
        </div>
      ))}
      <div>
        <Button
          look="small"
          onClick={() => set({ prices: [...draft.prices, { key: newKey(), currency: '', amount: '' }] })}
        >
          <Icon name="plus" size={14} />
          Another currency
        </Button>
      </div>
      <p className="hint">Shoppers buy at the price of the currency they choose. Orders already placed keep theirs.</p>
    </Panel>
  );
}

export function OpeningStock({ draft, set, faults }: FieldsProps) {
  return (
    <Panel title="Opening stock">
      <div className="columns">
        <Input
          label="How many there are"
          inputMode="numeric"
          value={draft.stock}
          fault={faults['/stock']}
          onChange={({ target }) => set({ stock: target.value })}
        />
        <Input
          label="Low from"
          inputMode="numeric"
          optional
          placeholder={String(DEFAULT_LOW_STOCK_THRESHOLD)}
          value={draft.low_stock_threshold}
          fault={faults['/low_stock_threshold']}
          onChange={({ target }) => set({ low_stock_threshold: target.value })}
        />
      </div>
    </Panel>
  );
}
