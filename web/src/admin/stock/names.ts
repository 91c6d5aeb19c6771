/** What products are called, archived ones too; asked of the catalogue, without which ids have to do. */
import { useQuery } from '@tanstack/react-query';
import { ListProducts, type Product } from '../../../../src/contracts/catalog.ts';
import { LIMITS } from '../../../../src/contracts/shapes.ts';
import { call } from '../../api/client.ts';

export function useProductNames(all: readonly string[]) {
  const ids = [...new Set(all)].sort().slice(0, LIMITS.batch);
  return useQuery({
    queryKey: ['products', 'names', ids],
    queryFn: async ({ signal }) => {
      const read = async (some: readonly string[], archived: boolean) =>
        some.length === 0
          ? []
          : (await call(ListProducts, { query: { ids: some.join(','), ...(archived && { archived }) }, signal })).items;
      const sold = await read(ids, false);
      const known = new Set(sold.map(({ product_id }) => product_id));
      const archived = await read(
        ids.filter((id) => !known.has(id)),
        true,
      );
      return new Map<string, Product>([...sold, ...archived].map((product) => [product.product_id, product]));
    },
    enabled: ids.length > 0,
    staleTime: 60_000,
  });
}
