/** In which currency prices are shown. */
import { chooseCurrency, useChosenCurrency, useCurrencies } from './currency.ts';

export function CurrencySelect() {
  const chosen = useChosenCurrency();
  const currencies = useCurrencies();
  if (currencies.length < 2) return null;
  return (
    <label className="small-select">
      <span>Currency</span>
      <select value={chosen ?? ''} onChange={({ target }) => chooseCurrency(target.value || null)}>
        <option value="">Shop’s own</option>
        {currencies.map((currency) => (
          <option key={currency}>{currency}</option>
        ))}
      </select>
    </label>
  );
}
