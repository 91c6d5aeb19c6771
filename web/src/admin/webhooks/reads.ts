/** What the pages about webhooks read, under one key: a deed makes all of it old. */
import { queryOptions } from '@tanstack/react-query';
import { GetDelivery, GetWebhook, ListWebhooks, ListWebhookTypes } from '../../../../src/contracts/webhooks.ts';
import { call } from '../../api/client.ts';

export const WEBHOOKS = ['webhooks'] as const;
/** Attempts come and go by themselves. */
export const LOOK_MS = 5_000;

export const allWebhooks = queryOptions({
  queryKey: [...WEBHOOKS, 'all'],
  queryFn: ({ signal }) => call(ListWebhooks, { signal }),
  refetchInterval: LOOK_MS,
});

export const webhookOf = (id: string) =>
  queryOptions({
    queryKey: [...WEBHOOKS, 'one', id],
    queryFn: ({ signal }) => call(GetWebhook, { params: { id }, signal }),
    refetchInterval: LOOK_MS,
  });

export const deliveryOf = (id: string) =>
  queryOptions({
    queryKey: [...WEBHOOKS, 'delivery', id],
    queryFn: ({ signal }) => call(GetDelivery, { params: { id }, signal }),
    refetchInterval: LOOK_MS,
  });

export const webhookTypes = queryOptions({
  queryKey: ['webhook-types'],
  queryFn: ({ signal }) => call(ListWebhookTypes, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
