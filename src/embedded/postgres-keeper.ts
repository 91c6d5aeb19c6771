// A PostgreSQL that is started again when it ends by itself (killed for its memory, a crash): requests fail for the second
// it takes, and nothing that was committed is lost. One that ends again and again is not well, and is given up.
import type { EmbeddedPostgres, PostgresOptions } from './postgres.ts';
import { startPostgres } from './postgres.ts';

const MOST_ENDS = 3;
const WITHIN_MS = 10 * 60_000;

export interface KeptPostgres extends Pick<EmbeddedPostgres, 'url' | 'stop'> {}

export interface Keeper {
  /** It has ended, and is being started again. */
  onEnd(error: Error): void;
  /** It is given up. */
  onGiveUp(error: Error): void;
}

export async function keepPostgres(options: PostgresOptions, { onEnd, onGiveUp }: Keeper): Promise<KeptPostgres> {
  let server = await startPostgres(options);
  let restarting: Promise<void> | undefined;
  let stopping = false;
  let ends: number[] = [];

  /** It has ended, or could not be started: once more, unless it has been too often. */
  async function again(error: Error): Promise<void> {
    if (stopping) return;
    ends = [...ends.filter((at) => at > Date.now() - WITHIN_MS), Date.now()];
    if (ends.length > MOST_ENDS) return onGiveUp(error);
    onEnd(error);
    try {
      server = await startPostgres(options);
    } catch (failure) {
      return again(failure as Error);
    }
    if (stopping) await server.stop();
    else watch();
  }

  function watch(): void {
    server.onExit((error) => {
      restarting = again(error);
    });
  }

  watch();
  return {
    url: (database) => server.url(database),
    async stop() {
      stopping = true;
      await restarting;
      await server.stop();
    },
  };
}
