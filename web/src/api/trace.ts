/**
 * Where the shop records traces, what somebody does begins one here: the request carries it, and afterwards the shop is
 * told how long it took for the one who waited. Without a trace to be recorded, none of this runs.
 */

import { MAX_SPANS, TellSpans } from '../../../src/contracts/traces.ts';
import type { Endpoint } from '../../../src/platform/contract.ts';
import { addressOf } from './http.ts';

interface Told {
  trace_id: string;
  span_id: string;
  endpoint: string;
  started_at: number;
  ended_at: number;
  status: number;
}

export interface Deed {
  traceparent: string;
  /** With the status of the answer; 0: there was none. */
  end(status: number): void;
}

const TOLD_AFTER_MS = 500;
const recorded = document.querySelector('meta[name="traces"]') !== null;
let ended: Told[] = [];

/** Of what somebody does; pages that read by themselves begin no traces. */
export function beginDeed({ name, method }: Endpoint): Deed | undefined {
  if (!recorded || method === 'GET') return undefined;
  const [trace_id, span_id] = [randomHex(16), randomHex(8)];
  const started_at = Date.now();
  return {
    traceparent: `00-${trace_id}-${span_id}-01`,
    end(status) {
      if (ended.length === 0) setTimeout(tell, TOLD_AFTER_MS);
      ended.push({ trace_id, span_id, endpoint: name, started_at, ended_at: Date.now(), status });
    },
  };
}

/** Nobody waits for it, and nobody is told when it fails. */
function tell(): void {
  const spans = ended.slice(0, MAX_SPANS);
  ended = [];
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ spans });
  fetch(addressOf(TellSpans), { method: TellSpans.method, headers, body, keepalive: true }).catch(() => {});
}

const randomHex = (bytes: number) =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
