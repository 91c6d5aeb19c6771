// A taken port is the most common reason why a development shop does not start: say which one, and what to set.
import { createServer } from 'node:net';

export function portTaken(port: number, setting: string): Error {
  // A command that takes a port by a flag of its own knows no offset.
  const offset = setting.startsWith('--') ? '' : ', or PORT_OFFSET to move every port of this shop';
  return new Error(`port ${port} is taken by another program: set ${setting} to a free port${offset}`);
}

/** Rejects with {@link portTaken} when somebody else already listens there. */
export function requireFreePort(port: number, host: string, setting: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(refusedPort(error, port, setting)));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()));
  });
}

/** Turns what `listen` answers into an error that a shop's owner can act on. */
export function refusedPort(error: Error, port: number, setting: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return portTaken(port, setting);
  if (code === 'EACCES') return new Error(`port ${port} may not be used by this account: set ${setting} above 1023`);
  return error;
}
