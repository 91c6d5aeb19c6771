/** What the shop's pages read, each under one key, so that pages share it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { GetProduct, ListCategories, ListProducts, type Product } from '../../../src/contracts/catalog.ts';
import { Me } from '../../../src/contracts/customers.ts';
import { ListLevels } from '../../../src/contracts/inventory.ts';
import { ListMethods } from '../../../src/contracts/payments.ts';
import type { QueryOf } from '../../../src/platform/contract.ts';
import { call } from '../api/client.ts';
import { useSignedIn } from '../api/session.ts';

export type ProductQuery = Omit<QueryOf<typeof ListProducts>, 'cursor'>;
const PAGE = 24;

/** Page after page, as far as the reader scrolls. */
export function useProducts(query: ProductQuery) {
  return useInfiniteQuery({
    queryKey: ['products', query],
    queryFn: ({ pageParam, signal }) =>
      call(ListProducts, { query: { limit: PAGE, ...query, ...(pageParam && { cursor: pageParam }) }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    // The last list stays while the next one is on its way: letters typed into the search do not make the page flicker.
    placeholderData: keepPreviousData,
  });
}

/** Availability is read again and again while somebody looks. */
export function useProduct(productId: string) {
  return useQuery({
    queryKey: ['product', productId],
    queryFn: ({ signal }) => call(GetProduct, { params: { product_id: productId }, signal }),
    refetchInterval: 3_000,
    staleTime: 2_000,
  });
}

/** The products of a cart, by id; ones that are no longer sold are missing. */
export function useProductsById(ids: readonly string[]) {
  const sorted = [...ids].sort();
  return useQuery({
    queryKey: ['products-by-id', sorted],
    queryFn: async ({ signal }) => {
      const { items } = await call(ListProducts, { query: { ids: sorted.join(',') }, signal });
      return new Map<string, Product>(items.map((product) => [product.product_id, product]));
    },
    enabled: sorted.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
    staleTime: 2_000,
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

/** Who is signed in; undefined for guests, and while it is not known yet. */
export function useMe() {
  const signedIn = useSignedIn();
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => call(Me, { signal }),
    enabled: signedIn,
    staleTime: 60_000,
  });
}
