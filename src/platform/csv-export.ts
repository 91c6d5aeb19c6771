/**
 * A table as a download of any length: rows are read a batch at a time, each when the client has taken the one before, and
 * nothing is held in the database in between. What goes wrong on the way breaks the transfer off, so that half a table is
 * never taken for a whole one. A room makes a few at a time.
 */
import { Readable } from 'node:stream';
import type { Clock } from './clock.ts';
import type { Cell } from './csv.ts';
import { BYTE_ORDER_MARK, csvLine } from './csv.ts';
import type { MediaReply } from './dispatch.ts';
import type { Logger } from './log.ts';
import type { Rejection } from './problem.ts';
import { common, reject } from './problem.ts';

const MOST = 3;
/** However slowly somebody reads: the next one waits for the place. */
const LIFETIME_MS = 60 * 60_000;

const CSV = 'text/csv';

/** The heads of a table, and what is below each of them. */
export type Columns<Row> = readonly (readonly [head: string, cell: (row: Row) => Cell])[];

export interface Table<Row> {
  /** Of the file: `orders` becomes `orders-2026-11-21.csv`. */
  name: string;
  columns: Columns<Row>;
  /** Batches of rows, each read when it is asked for. */
  rows: AsyncGenerator<readonly Row[]>;
}

export interface Exports {
  /** Reads the first batch, so that what cannot be read at all is an ordinary refusal. */
  open<Row>(table: Table<Row>): Promise<MediaReply | Rejection<'unavailable'>>;
}

export function createExports(clock: Clock, log: Logger, most = MOST): Exports {
  let running = 0;

  return {
    async open({ name, columns, rows }) {
      if (running >= most) {
        const detail = `${running} exports are under way; wait for one of them to end`;
        return reject(common.unavailable, { detail, headers: { 'retry-after': '15' } });
      }
      running += 1;
      const first = await rows.next().catch((error) => {
        running -= 1;
        throw error;
      });
      const stream = Readable.from(lines(columns, first, rows), { objectMode: false });
      const lifetime = setTimeout(() => stream.destroy(new Error('took too long')), LIFETIME_MS);
      stream.once('error', (error) => log.warn({ err: error, export: name }, 'an export was broken off'));
      stream.once('close', () => {
        clearTimeout(lifetime);
        running -= 1;
      });
      const file = `${name}-${clock.now().toISOString().slice(0, 10)}.csv`;
      const headers = {
        'content-type': `${CSV}; charset=utf-8`,
        'content-disposition': `attachment; filename="${file}"`,
      };
      return { stream, headers };
    },
  };
}

async function* lines<Row>(
  columns: Columns<Row>,
  first: IteratorResult<readonly Row[]>,
  rows: AsyncGenerator<readonly Row[]>,
): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvLine(columns.map(([head]) => head));
  for (let batch = first; !batch.done; batch = await rows.next()) {
    yield batch.value.map((row) => csvLine(columns.map(([, cell]) => cell(row)))).join('');
  }
}
