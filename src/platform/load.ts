/** How busy this process is, for work that can wait: mails may be late so that checkouts are not. */

const MEASURE_MS = 250;
/** Share of the time in which the event loop is busy, above which others have to wait. */
const BUSY = 0.8;

export interface LoadMeter {
  busy(): boolean;
}

export function createLoadMeter(): LoadMeter {
  let since = performance.eventLoopUtilization();
  let measuredAt = performance.now();
  let utilization = 0;
  return {
    busy() {
      if (performance.now() - measuredAt >= MEASURE_MS) {
        const now = performance.eventLoopUtilization();
        utilization = performance.eventLoopUtilization(now, since).utilization;
        since = now;
        measuredAt = performance.now();
      }
      return utilization > BUSY;
    },
  };
}
