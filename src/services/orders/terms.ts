/** The words an order is found by: number, e-mail, name, phone, reference, and the names and ids of its products. Pure. */
import type { OrderItem } from '../../contracts/orders.ts';
import { wordsOf } from '../../platform/words.ts';

export interface Searchable {
  number: number;
  email: string;
  name: string | null;
  phone: string | null;
  client_reference: string | null;
  items: readonly Pick<OrderItem, 'product_id' | 'name'>[];
}

/** The term that stands for a product as such, whatever else has its id as a word. */
export const productTerm = (product_id: string) => `sku:${product_id}`;

export function termsOf({ number, email, name, phone, client_reference, items }: Searchable): string[] {
  const digits = phone?.replace(/\D/g, '');
  const products = items.flatMap((item) => [item.product_id, item.name]);
  const words = wordsOf(String(number), email, name, client_reference, digits, ...products);
  return [...words, ...new Set(items.map(({ product_id }) => productTerm(product_id)))];
}
