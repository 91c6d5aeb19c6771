/** Requests, in the queries of several dashboards. */
import { rate } from './panel.ts';

export const REQUESTS = 'tradewind_http_request_duration_seconds';

/** The part of requests that the shop itself failed. */
export const failing = (matchers: string, by = '') =>
  `${rate(`${REQUESTS}_count{${matchers},status=~"5.."}`, by)} / ${rate(`${REQUESTS}_count{${matchers}}`, by)}`;
