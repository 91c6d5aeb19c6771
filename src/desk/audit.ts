/** What the auditor of a room has found. Every room that has rules has the same. */
import type { AUDITS, AuditReport } from '../contracts/audit.ts';
import type { Auditor } from '../platform/auditor.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';

export function auditRoutes({ report, everything }: (typeof AUDITS)['orders'], auditor: Auditor): Route[] {
  return [
    // What its rules are about is a word of the room's; the contract has them all.
    route(report, async () => ({ body: (await auditor.report()) as AuditReport })),
    route(everything, async () => {
      await auditor.lookAtEverything();
      return {};
    }),
  ];
}
