/** What the auditors of all rooms have found; each for itself, so that a room that is away hides no other. */
import { useMutation, useQueries, useQueryClient } from '@tanstack/react-query';
import { AUDITED, AUDITS, type AuditReport } from '../../../../src/contracts/audit.ts';
import { call } from '../../api/client.ts';

const RESTING_MS = 15_000;
/** While everything is being looked at somebody waits for it. */
const WATCHING_MS = 1_000;

/** Not looked at as a whole since somebody asked for it, or ever. */
export const isLooking = ({ checks }: AuditReport) => checks.some(({ whole_at, problem }) => !whole_at && !problem);

/** In the order of the rooms. */
export const useReports = () =>
  useQueries({
    queries: AUDITED.map((room) => ({
      queryKey: ['audit', room],
      queryFn: ({ signal }: { signal: AbortSignal }) => call(AUDITS[room].report, { signal }),
      refetchInterval: ({ state }: { state: { data?: AuditReport | undefined } }) =>
        state.data && isLooking(state.data) ? WATCHING_MS : RESTING_MS,
    })),
  });

export function useLookAtEverything() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => Promise.all(AUDITED.map((room) => call(AUDITS[room].everything, {}))),
    onSettled: () => queries.invalidateQueries({ queryKey: ['audit'] }),
  });
}
