/** What the auditors of all rooms have found; each for itself, so that a room that is away hides no other. */
import { useMutation, useQueries, useQueryClient } from '@tanstack/react-query';
import { AUDITED, AUDITS, type Audited, type AuditReport } from '../../../../src/contracts/audit.ts';
import { call } from '../../api/client.ts';

const RESTING_MS = 15_000;
/** While everything is being looked at somebody waits for it. */
const WATCHING_MS = 1_000;

/** Not looked at as a whole since somebody asked for it, or ever. */
export const isLooking = ({ checks }: AuditReport) => checks.some(({ whole_at, problem }) => !whole_at && !problem);

export const brokenIn = ({ checks }: AuditReport) => checks.reduce((sum, { broken }) => sum + broken, 0);

const reportOf = (room: Audited) => ({
  queryKey: ['audit', room],
  queryFn: ({ signal }: { signal: AbortSignal }) => call(AUDITS[room].report, { signal }),
});

/** In the order of the rooms. */
export const useReports = () =>
  useQueries({
    queries: AUDITED.map((room) => ({
      ...reportOf(room),
      refetchInterval: ({ state }: { state: { data?: AuditReport | undefined } }) =>
        state.data && isLooking(state.data) ? WATCHING_MS : RESTING_MS,
    })),
  });

const COUNT_MS = 60_000;

/** What is not in order, as far as the rooms say; those that are away say nothing. */
export const useFindingsCount = () =>
  useQueries({
    queries: AUDITED.map((room) => ({ ...reportOf(room), refetchInterval: COUNT_MS, staleTime: COUNT_MS })),
  }).reduce((sum, { data }) => sum + (data ? brokenIn(data) : 0), 0);

export function useLookAtEverything() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => Promise.all(AUDITED.map((room) => call(AUDITS[room].everything, {}))),
    onSettled: () => queries.invalidateQueries({ queryKey: ['audit'] }),
  });
}
