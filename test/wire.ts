/** Bytes as they are, to a port and back: what no HTTP client would send. */
import { connect, type Socket } from 'node:net';

export interface Raw {
  status: number;
  head: string;
  body: string;
}

export interface Said {
  answers: Raw[];
  /** By the other side. */
  closed: boolean;
  /** What came after the last answer, or is none. */
  rest: string;
}

/** Says everything, and listens until the other side closes, or has been silent for `silenceMs`. */
export function say(url: string, bytes: string | Uint8Array, silenceMs = 150): Promise<Said> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ended = false;
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const end = (closed: boolean) => {
      if (ended) return;
      ended = true;
      socket.destroy();
      resolve({ ...answersIn(Buffer.concat(chunks).toString('latin1')), closed });
    };
    socket.setTimeout(silenceMs, () => end(false));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.once('close', () => end(true));
  });
}

/** One after the other, as their lengths say. */
function answersIn(text: string): { answers: Raw[]; rest: string } {
  const answers: Raw[] = [];
  let rest = text;
  for (;;) {
    const [whole, status] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest) ?? [];
    if (!whole) return { answers, rest };
    const length = Number(/^content-length: (\d+)\r$/im.exec(whole)?.[1] ?? 0);
    const body = rest.slice(whole.length, whole.length + length);
    if (body.length < length) return { answers, rest };
    answers.push({ status: Number(status), head: whole, body: Buffer.from(body, 'latin1').toString() });
    rest = rest.slice(whole.length + length);
  }
}

/** A connection that stays open while a test does something else. */
export function hold(url: string, first: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, fail) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(first);
      socket.off('error', fail).on('error', () => {});
      resolve(socket);
    });
    socket.once('error', fail);
  });
}
