import { expect, test } from 'vitest';
import { type Draft, EMPTY } from './draft.ts';
import { rebased } from './rebase.ts';

const line = (currency: string, amount: string, key = currency) => ({ key, currency, amount });
const BEFORE: Draft = { ...EMPTY, name: 'Mug', price: '12.50', currency: 'USD', prices: [line('EUR', '11.90')] };

test('what was not touched is as the shop has it by now, what was typed stays', () => {
  const typed = { ...BEFORE, name: 'Big mug', prices: [...BEFORE.prices, line('JPY', '1900', 'new')] };
  const next = { ...BEFORE, category: 'Home', price: '13.00', prices: [line('EUR', '12.00'), line('GBP', '9.00')] };
  expect(rebased(BEFORE, typed, next)).toEqual({
    draft: {
      ...next,
      name: 'Big mug',
      prices: [line('EUR', '12.00'), line('JPY', '1900', 'new'), line('GBP', '9.00')],
    },
    clashes: {},
  });
});

test('what both have changed stays as typed, and is told', () => {
  const typed = { ...BEFORE, name: 'Big mug', price: '14', prices: [line('EUR', '13')] };
  const next = { ...BEFORE, name: 'Tall mug', price: '13.00', prices: [line('EUR', '12.00')] };
  expect(rebased(BEFORE, typed, next)).toEqual({
    draft: typed,
    clashes: { '/name': 'Tall mug', '/price': '13.00 USD', '/prices/EUR': '12.00' },
  });
});

test('both to the same is no clash, however it is written', () => {
  const typed = { ...BEFORE, name: 'Big mug ', price: '13', prices: [line('eur', '12,0')] };
  const next = { ...BEFORE, name: 'Big mug', price: '13.00', prices: [line('EUR', '12.00')] };
  expect(rebased(BEFORE, typed, next).clashes).toEqual({});
});

test('an amount typed in one currency does not pass for one in another', () => {
  const next = { ...BEFORE, price: '1900', currency: 'JPY' };
  expect(rebased(BEFORE, { ...BEFORE, price: '14' }, next)).toEqual({
    draft: { ...BEFORE, price: '14' },
    clashes: { '/price': '1900 JPY' },
  });
});

test('a price that was taken away stays away, unless somebody has changed it', () => {
  const typed = { ...BEFORE, prices: [] };
  expect(rebased(BEFORE, typed, { ...BEFORE, name: 'Tall mug' })).toEqual({
    draft: { ...typed, name: 'Tall mug' },
    clashes: {},
  });
  const next = { ...BEFORE, prices: [line('EUR', '12.00')] };
  expect(rebased(BEFORE, typed, next)).toEqual({ draft: next, clashes: { '/prices/EUR': '12.00' } });
  expect(rebased(BEFORE, BEFORE, typed).draft.prices).toEqual([]);
  expect(rebased(BEFORE, { ...BEFORE, prices: [line('EUR', '13')] }, typed)).toEqual({
    draft: { ...BEFORE, prices: [line('EUR', '13')] },
    clashes: { '/prices/EUR': 'taken away' },
  });
});
