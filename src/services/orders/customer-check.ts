/**
 * The one question orders asks another room while somebody waits: does this customer exist? One retry, a timeout, and
 * a breaker, so that a sick customers room costs shoppers a clear 503 in milliseconds; guests never notice.
 */
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { GetCustomer } from '../../contracts/customers.ts';
import { CustomersUnavailable, UnknownCustomer } from '../../contracts/problems.ts';
import type { Client } from '../../platform/client.ts';
import { isId } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';
import type { Metrics } from '../../platform/telemetry.ts';
import { exposeBreakers } from '../../platform/telemetry-platform.ts';

const TIMEOUT_MS = 1_000;
const OPEN_MS = 5_000;

export type CustomerCheck = (
  id: string,
  token: string,
  traceparent: string,
) => Promise<Rejection<'unknown-customer' | 'customers-unavailable'> | undefined>;

export function createCustomerCheck(client: Client, log: Logger, metrics: Metrics): CustomerCheck {
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(5) });
  const onTrip = exposeBreakers(metrics, [GetCustomer.service], () => breaker.state === CircuitState.Open);
  breaker.onBreak(() => onTrip(GetCustomer.service));
  const policy = wrap(retry(handleAll, { maxAttempts: 1 }), breaker, timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive));

  return async (id, token, traceparent) => {
    if (!isId(id)) return unknown(id);
    try {
      const status = await policy.execute(async () => {
        const result = await client.call(GetCustomer, { params: { id }, token, traceparent });
        // Anything but "yes" and "no such customer" says something about customers, not about this one.
        if (result.status !== 200 && result.status !== 404) throw new Error(`customers answered ${result.status}`);
        return result.status;
      });
      return status === 200 ? undefined : unknown(id);
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) log.warn({ err: error }, 'customers cannot be asked');
      const headers = { 'retry-after': String(Math.ceil(OPEN_MS / 1000)) };
      return reject(CustomersUnavailable, { headers, detail: 'try again shortly, or order as a guest' });
    }
  };
}

function unknown(id: string): Rejection<'unknown-customer'> {
  return reject(UnknownCustomer, { errors: [{ pointer: '/customer_id', detail: `there is no customer ${id}` }] });
}
