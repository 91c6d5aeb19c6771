/** One product or customer, read by their pages and wherever else they are named: under one key, old together. */
import { queryOptions } from '@tanstack/react-query';
import { GetProduct } from '../../../src/contracts/catalog.ts';
import { GetCustomer } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';

export const productOf = (id: string) =>
  queryOptions({
    queryKey: ['products', id],
    queryFn: ({ signal }) => call(GetProduct, { params: { product_id: id }, signal }),
  });

export const customerOf = (id: string) =>
  queryOptions({
    queryKey: ['customers', id],
    queryFn: ({ signal }) => call(GetCustomer, { params: { id }, signal }),
  });
