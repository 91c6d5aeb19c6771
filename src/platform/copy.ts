/**
 * A table's rows as PostgreSQL's own text, out and in (COPY, text format), for a plain connection of pg: as they come, with
 * no more of them in memory than a socket and a stream hold. The driver speaks the messages and leaves the streams to us.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type pg from 'pg';

interface Wire {
  stream: Socket;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** What the driver calls while the statement is the connection's. */
interface Submitted {
  submit(wire: Wire): undefined;
  handleCopyInResponse(wire: Wire): void;
  handleCopyData(message: { chunk: Buffer }, wire: Wire): void;
  handleCommandComplete(message: { text: string }): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
  callback: (error?: Error) => void;
}

const submit = (client: pg.ClientBase, copy: Submitted) => client.query(copy as never);

const refuse = () => {
  throw new Error('a statement of this kind was not expected');
};

/** The bytes that `copy … to stdout` sends. Fails as the statement fails. */
export function copyOut(client: pg.ClientBase, text: string): Readable {
  let wire: Wire | undefined;
  const rows = new Readable({ read: () => void wire?.stream.resume() });
  submit(client, {
    submit(connection) {
      wire = connection;
      connection.query(text);
      return undefined;
    },
    handleCopyInResponse: refuse,
    handleCopyData({ chunk }, { stream }) {
      // The driver's buffer is used again for what comes next.
      if (!rows.push(Buffer.from(chunk))) stream.pause();
    },
    handleCommandComplete: () => {},
    handleReadyForQuery() {
      wire = undefined;
      rows.push(null);
    },
    handleError: (error) => void rows.destroy(error),
    callback: () => {},
  });
  return rows;
}

/** Sends what `copy … from stdin` reads; how many rows that were. */
export function copyIn(client: pg.ClientBase, text: string, chunks: AsyncIterable<Buffer>): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    let failure: Error | undefined;

    async function feed(wire: Wire): Promise<void> {
      try {
        for await (const chunk of chunks) {
          if (failure) return;
          wire.sendCopyFromChunk(chunk);
          if (wire.stream.writableNeedDrain) await once(wire.stream, 'drain');
        }
        if (!failure) wire.endCopyFrom();
      } catch (error) {
        failure ??= error as Error;
        wire.sendCopyFail(failure.message);
      }
    }

    submit(client, {
      submit(wire) {
        wire.query(text);
        return undefined;
      },
      handleCopyInResponse: (wire) => void feed(wire),
      handleCopyData: refuse,
      handleCommandComplete({ text: command }) {
        count = Number(/^COPY (\d+)/.exec(command)?.[1] ?? 0);
      },
      handleReadyForQuery: () => (failure ? reject(failure) : resolve(count)),
      handleError(error) {
        failure ??= error;
        reject(failure);
      },
      callback: () => {},
    });
  });
}
