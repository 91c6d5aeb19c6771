/** What the desks of all services say; each for itself, so that a service that is away hides no other. */
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Causes, DESKS } from '../../../../src/contracts/dead-letters.ts';
import { SERVICES, type ServiceName } from '../../../../src/contracts/services.ts';
import { call } from '../../api/client.ts';
import { useHealth } from '../dashboard/health-read.ts';

export type Group = Causes['groups'][number];

const RESTING_MS = 10_000;
/** While messages are on their way again somebody watches them go. */
const WATCHING_MS = 1_000;

export const isService = (name: string | undefined): name is ServiceName => SERVICES.includes(name as ServiceName);

const causesOf = (service: ServiceName) => ({
  queryKey: ['dead-letters', service, 'causes'],
  queryFn: ({ signal }: { signal: AbortSignal }) => call(DESKS[service].causes, { signal }),
  refetchInterval: ({ state }: { state: { data?: Causes | undefined } }) =>
    (state.data?.waiting ?? 0) > 0 ? WATCHING_MS : RESTING_MS,
});

export const useCauses = (service: ServiceName) => useQuery(causesOf(service));

/** In the order of the services. */
export const useAllCauses = () => useQueries({ queries: SERVICES.map(causesOf) });

export function useLetter(service: ServiceName, id: string) {
  return useQuery({
    queryKey: ['dead-letters', service, 'letter', id],
    queryFn: ({ signal }) => call(DESKS[service].get, { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data?.waiting ? WATCHING_MS : RESTING_MS),
  });
}

/** After something was done: what was read is old. */
export function useOutdated(): () => void {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ['dead-letters'] });
    void queries.invalidateQueries({ queryKey: ['health'] });
  };
}

const COUNT_MS = 30_000;

/** As far as the services say; those that are away say nothing. */
export function useDeadCount(): number {
  const { data } = useHealth(COUNT_MS);
  const rooms = Object.values(data?.services ?? {});
  return rooms.reduce((sum, { backlog }) => sum + (backlog?.dead_letters ?? 0), 0);
}
