/** How busy this process is with what somebody waits for, for work that can wait: mails may be late so that checkouts are not. */

const MEASURE_MS = 250;
/** Share of the time in which the event loop is busy, above which others have to wait. */
const BUSY = 0.8;
/** Requests and messages in that time, below which it is busy with nothing but the work that can wait. */
const URGENT = 5;

export interface LoadMeter {
  busy(): boolean;
}

let urgent = 0;

/** A request was answered, or messages were handled. */
export function noteUrgent(count = 1): void {
  urgent += count;
}

export function createLoadMeter(): LoadMeter {
  let since = performance.eventLoopUtilization();
  let measuredAt = performance.now();
  let urgentThen = urgent;
  let busy = false;
  return {
    busy() {
      if (performance.now() - measuredAt >= MEASURE_MS) {
        const now = performance.eventLoopUtilization();
        const { utilization } = performance.eventLoopUtilization(now, since);
        busy = utilization > BUSY && urgent - urgentThen >= URGENT;
        since = now;
        measuredAt = performance.now();
        urgentThen = urgent;
      }
      return busy;
    },
  };
}
