/** Products and customers to choose from, found by their words. */
import { useCustomersNamed, useProductsNamed } from './find.ts';

export function useProductChoices(words: string) {
  const { data, isError } = useProductsNamed(words);
  return { data: data?.map(({ product_id, name }) => ({ id: product_id, label: name, about: product_id })), isError };
}

export function useCustomerChoices(words: string) {
  const { data, isError } = useCustomersNamed(words);
  return {
    data: data?.map(({ id, name, email }) => ({ id, label: name ?? email, about: name ? email : '' })),
    isError,
  };
}
