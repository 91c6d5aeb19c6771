/** What a shop that has grown sells: products that can be searched, with prices, a picture each, and words to correct by. */
import { vocabulary } from '../../src/services/catalog/search.ts';
import { CATEGORIES, FINISHES, GOODS, MATERIALS, type Past, productAt } from './past.ts';

const plain = (text: string) => `replace(lower(${text}), '-', ' ')`;
const weighed = (text: string, weight: string) =>
  `setweight(to_tsvector('english', ${text}) || to_tsvector('simple', ${text}), '${weight}')`;

export const INSERT_PRODUCTS = (past: Past): string[] => [
  `insert into products (product_id, name, description, category, price, currency, availability, stock_version, version, created_at,
    updated_at, deleted_at, search)
  select product_id, name, description, category, price, 'USD',
    case when available = 0 then 'out_of_stock' when available <= 5 then 'low_stock' else 'in_stock' end, 0,
    case when archived then 2 else 1 end, at, at, case when archived then at + interval '1 day' end,
    ${weighed(plain("name || ' ' || product_id"), 'A')} || ${weighed(plain('category'), 'B')} || ${weighed(plain('description'), 'C')}
  from (select *, 'A ' || thing || ' for the ' || lower(category) || ', made to last. ' || (array['Easy to clean', 'A gift for every day',
      'Light and quiet', 'Comes with a spare part', 'Made by hand'])[1 + n % 5] || '. Model ' || md5(n::text) || '.' as description,
    ${productAt(past)} + n * interval '1 millisecond' as at from growth.products) made order by n`,
  `insert into product_prices select product_id, 'USD', price from growth.products
  union all select product_id, 'EUR', price * 9 / 10 from growth.products where n % 5 = 0`,
  `insert into images (id, product_id, state, position, alt, width, height, sizes, digest)
  select growth.id(${productAt(past)}, n, 14), product_id, 'attached', 1, name, 1600, 1200, '{"small":{"width":320,"height":240},
    "medium":{"width":800,"height":600},"large":{"width":1600,"height":1200}}', md5('picture' || n) from growth.products`,
];

/** As parameters: variants, words. */
export const INSERT_WORDS =
  'insert into search_words select * from unnest($1::text[], $2::text[]) on conflict do nothing';

export function shopWords(): [string[], string[]] {
  const words = vocabulary([FINISHES, MATERIALS, GOODS, CATEGORIES]);
  return [words.map(({ variant }) => variant), words.map(({ word }) => word)];
}
