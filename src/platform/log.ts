/** Structured logs: one JSON object a line for machines, one short line for people at a terminal. */
import { Writable } from 'node:stream';
import pino from 'pino';

export type Logger = pino.Logger;

const NAMES: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

/** `order …abc confirmed` with time, level and room in front: what a person wants to see go by. */
function readable(out: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      const line = JSON.parse(String(chunk)) as Record<string, unknown> & { time: number; level: number };
      const { time, level, msg, service, err, pid: _pid, hostname: _host, trace_id: _trace, ...rest } = line;
      const clock = new Date(time).toISOString().slice(11, 23);
      const fields = Object.entries(rest).map(
        ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      const cause = err ? ` (${(err as Error).message})` : '';
      out.write(
        `${clock} ${(NAMES[level] ?? '').padEnd(5)} ${String(service ?? '').padEnd(13)} ${msg}${cause} ${fields.join(' ')}\n`,
      );
      done();
    },
  });
}

/** What PostgreSQL adds to an error (`detail`, `where`) quotes rows: e-mails, tokens. It stays out of the log. */
function errorFields(error: Error & { code?: string }) {
  return { type: error.name, message: error.message, code: error.code, stack: error.stack };
}

const serializers = { err: errorFields };

export interface LogOptions {
  level: string;
  format: 'json' | 'text';
  /** Path of a file; standard output when absent. */
  file?: string;
}

export function createLog({ level, format, file }: LogOptions): Logger {
  const redact = ['*.password', '*.authorization', '*.access_token', '*.guest_token'];
  if (format === 'text' && !file) return pino({ level, redact, serializers }, readable(process.stdout));
  return pino(
    { level, redact, serializers },
    pino.destination({ dest: file ?? 1, sync: false, mkdir: true, minLength: 0 }),
  );
}

export const silentLog: Logger = pino({ level: 'silent' });

/** The trace id of a W3C traceparent, for log lines. */
export function traceId(traceparent: string | null): string | undefined {
  return traceparent?.slice(3, 35);
}
