/** What the auditor of a room has found. Every room that has rules has the same. */
import type { AUDITS } from '../contracts/audit.ts';
import type { Auditor } from '../platform/auditor.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';

export function auditRoutes({ report, everything }: (typeof AUDITS)['orders'], auditor: Auditor): Route[] {
  return [
    route(report, async () => ({ body: await auditor.report() })),
    route(everything, async () => {
      await auditor.lookAtEverything();
      return {};
    }),
  ];
}
