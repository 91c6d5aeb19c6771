import { expect, test } from 'vitest';
import { productTerm, termsOf } from './terms.ts';

const ORDER = {
  number: 1042,
  email: 'Ann.Lee@Example.com',
  name: 'Zoë Ångström',
  phone: '+1 (555) 010-9999',
  client_reference: 'web-77',
  items: [{ product_id: 'PROD001', name: 'Wireless Headphones' }],
};

test('an order is found by its number and by every word of who ordered what', () => {
  const terms = termsOf(ORDER);
  for (const term of ['1042', 'ann.lee@example.com', 'ann', 'zoe', 'angstrom', '15550109999', 'web-77', 'prod001'])
    expect(terms).toContain(term);
  expect(terms).toContain('headphones');
  expect(terms).toContain(productTerm('PROD001'));
  expect(new Set(terms).size).toBe(terms.length);
  expect(termsOf({ ...ORDER, name: null, phone: null, client_reference: null, items: [] })).not.toContain('');
});
