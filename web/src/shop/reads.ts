/** What the shop's pages read, each under one key, so that pages share it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { GetProduct, ListCategories, ListProducts, type Product } from '../../../src/contracts/catalog.ts';
import { ListLevels } from '../../../src/contracts/inventory.ts';
import { ListMethods } from '../../../src/contracts/payments.ts';
import type { QueryOf } from '../../../src/platform/contract.ts';
import { call } from '../api/client.ts';
import { noteCurrencies } from './currency.ts';

/** Characters. */
export const MAX_SEARCH = 200;

export type ProductQuery = Omit<QueryOf<typeof ListProducts>, 'cursor'>;
const PAGE = 24;

/** Page after page, as far as the reader scrolls. */
export function useProducts(query: ProductQuery) {
  return useInfiniteQuery({
    queryKey: ['products', query],
    queryFn: async ({ pageParam, signal }) => {
      const cursor = pageParam ? { cursor: pageParam } : {};
      const page = await call(ListProducts, { query: { limit: PAGE, ...query, ...cursor }, signal });
      noteCurrencies(page.items);
      return page;
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    // The last list stays while the next one is on its way: letters typed into the search do not make the page flicker.
    placeholderData: keepPreviousData,
  });
}

export function useProduct(productId: string) {
  return useQuery({
    queryKey: ['product', productId],
    queryFn: async ({ signal }) => {
      const product = await call(GetProduct, { params: { product_id: productId }, signal });
      noteCurrencies([product]);
      return product;
    },
  });
}

/** Products by id; ones that are no longer sold are missing. `live`: read again and again while somebody looks. */
export function useProductsById(ids: readonly string[], { live = false } = {}) {
  const sorted = [...ids].sort();
  return useQuery({
    queryKey: ['products-by-id', sorted],
    queryFn: async ({ signal }) => {
      const { items } = await call(ListProducts, { query: { ids: sorted.join(',') }, signal });
      noteCurrencies(items);
      return new Map<string, Product>(items.map((product) => [product.product_id, product]));
    },
    enabled: sorted.length > 0,
    placeholderData: keepPreviousData,
    ...(live && { refetchInterval: 5_000, staleTime: 2_000 }),
  });
}

/** How many can be had, by product. Where inventory is away, the catalogue's hint must do. */
export function useStock(ids: readonly string[]) {
  const sorted = [...ids].sort();
  return useQuery({
    queryKey: ['stock', sorted],
    queryFn: async ({ signal }) => {
      const { items } = await call(ListLevels, { query: { ids: sorted.join(',') }, signal });
      return new Map(items.map(({ product_id, available }) => [product_id, available]));
    },
    enabled: sorted.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
    staleTime: 2_000,
    retry: false,
  });
}

export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => call(ListCategories, { signal }),
    staleTime: 300_000,
  });
}

export function usePaymentMethods() {
  return useQuery({
    queryKey: ['payment-methods'],
    queryFn: ({ signal }) => call(ListMethods, { signal }),
    staleTime: 300_000,
  });
}
