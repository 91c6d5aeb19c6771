/** Orders, products and customers by their words, each from the room that has them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ListProducts } from '../../../src/contracts/catalog.ts';
import { ListCustomers } from '../../../src/contracts/customers.ts';
import { ListOrders } from '../../../src/contracts/orders.ts';
import { call } from '../api/client.ts';
import type { IconName } from '../ui/icon.tsx';
import { isErased, money, orderState } from '../ui/words.tsx';

export interface Found {
  to: string;
  label: string;
  about: string;
  icon: IconName;
}

const LIMIT = 6;

function useOrders(text: string) {
  return useQuery({
    queryKey: ['orders', 'find', text],
    queryFn: ({ signal }) => call(ListOrders, { query: { text: text.replace(/^#/, ''), limit: LIMIT }, signal }),
    select: ({ items }) =>
      items.map<Found>(({ id, number, name, email, status, total_amount, currency }) => ({
        to: `/orders/${id}`,
        label: `#${number} · ${isErased(email) ? 'erased' : (name ?? email)}`,
        about: `${money(total_amount, currency)} · ${orderState(status)}`,
        icon: 'cart',
      })),
    enabled: text !== '',
    placeholderData: keepPreviousData,
  });
}

export function useProductsNamed(search: string) {
  return useQuery({
    queryKey: ['products', 'find', search],
    queryFn: ({ signal }) => call(ListProducts, { query: { search, limit: LIMIT }, signal }),
    select: ({ items }) => items,
    enabled: search !== '',
    placeholderData: keepPreviousData,
  });
}

export function useCustomersNamed(text: string) {
  return useQuery({
    queryKey: ['customers', 'find', text],
    queryFn: ({ signal }) => call(ListCustomers, { query: { text, limit: LIMIT }, signal }),
    select: ({ items }) => items,
    enabled: text !== '',
    placeholderData: keepPreviousData,
  });
}

/** What has these words in it; the names of rooms that did not answer. */
export function useFound(words: string) {
  const orders = useOrders(words);
  const products = useProductsNamed(words);
  const customers = useCustomersNamed(words);
  const searched = words !== '';
  const groups = [
    { name: 'Orders', items: orders.data ?? [] },
    {
      name: 'Products',
      items: (products.data ?? []).map<Found>(({ product_id, name, price, currency }) => ({
        to: `/products/${encodeURIComponent(product_id)}`,
        label: name,
        about: `${product_id} · ${money(price, currency)}`,
        icon: 'tag',
      })),
    },
    {
      name: 'Customers',
      items: (customers.data ?? []).map<Found>(({ id, name, email }) => ({
        to: `/customers/${id}`,
        label: name ?? email,
        about: name ? email : '',
        icon: 'user',
      })),
    },
  ];
  const rooms = [
    { name: 'orders', room: orders },
    { name: 'products', room: products },
    { name: 'customers', room: customers },
  ];
  // Nothing but a person has an @.
  if (words.includes('@')) groups.unshift(...groups.splice(-1));
  return {
    groups: searched ? groups : [],
    away: rooms.filter(({ room }) => room.isError).map(({ name }) => name),
    busy: searched && rooms.some(({ room }) => room.isFetching),
  };
}
