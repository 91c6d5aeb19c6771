/** The contracts of services that are found: each lies here under the name of its service, and is read at the start. */
import type { ServiceDeclaration } from '../platform/contract.ts';
import { FOUND } from './services.ts';

export interface FoundContract extends Readonly<Record<string, unknown>> {
  readonly SERVICE: ServiceDeclaration;
}

/** Service → all that its contract exports. */
export const FOUND_CONTRACTS: ReadonlyMap<string, FoundContract> = new Map(
  await Promise.all(FOUND.map(async (name) => [name, await read(name)] as const)),
);

async function read(name: string): Promise<FoundContract> {
  const file = `src/contracts/${name}.ts`;
  const contract: Partial<FoundContract> = await import(/* @vite-ignore */ `./${name}.ts`).catch((cause) => {
    const { message } = cause as Error;
    throw new Error(`src/services/${name} has no contract, or one that cannot be read, in ${file}: ${message}`, {
      cause,
    });
  });
  const { port, hears } = (contract.SERVICE ?? {}) as Partial<ServiceDeclaration>;
  if (typeof port === 'number' && Array.isArray(hears)) return contract as FoundContract;
  throw new Error(`${file} must export SERVICE, with its port and the events that it hears`);
}
