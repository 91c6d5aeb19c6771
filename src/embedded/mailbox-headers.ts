// The few header fields that the list shows, read from the first bytes of a mail at arrival: hundreds of mails a second may
// come in, so nothing else is looked at. Words are decoded by RFC 2047; control characters never get through.

export interface Summary {
  message_id: string;
  from: string;
  to: string;
  subject: string;
  /** ISO 8601, or empty when the mail has no date that can be read */
  date: string;
}

export const HEAD_LIMIT = 64 * 1024;
const FIELD_LIMIT = 1_000;
const WORD = /=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=/gi;

export function readSummary(mail: Buffer): Summary {
  const fields = readFields(mail);
  const shown = (name: string) => clean(decodeWords(fields.get(name) ?? ''));
  const date = new Date(fields.get('date') ?? '');
  return {
    message_id: clean(fields.get('message-id') ?? ''),
    from: shown('from'),
    to: shown('to'),
    subject: shown('subject'),
    date: Number.isNaN(date.getTime()) ? '' : date.toISOString(),
  };
}

function readFields(mail: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of headOf(mail)
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

function headOf(mail: Buffer): string {
  const ends = [mail.indexOf('\r\n\r\n'), mail.indexOf('\n\n')].filter((at) => at >= 0);
  return mail.toString('utf8', 0, Math.min(HEAD_LIMIT, mail.length, ...ends));
}

/** RFC 2047. Neighbouring words of one charset are joined as bytes first: some senders split a letter between them. */
export function decodeWords(text: string): string {
  let charset = '';
  let bytes: Buffer[] = [];
  let result = '';
  let end = 0;
  const flush = () => {
    if (bytes.length > 0) result += decodeBytes(Buffer.concat(bytes), charset);
    bytes = [];
  };
  for (const match of text.matchAll(WORD)) {
    const [word, label = '', encoding = '', payload = ''] = match;
    const between = text.slice(end, match.index);
    const adjacent = end > 0 && between.trim() === '';
    const next = label.replace(/\*.*$/, '').toLowerCase(); // RFC 2231: a language may follow the charset
    if (!adjacent || next !== charset) flush();
    if (!adjacent) result += between;
    charset = next;
    bytes.push(encoding.toLowerCase() === 'b' ? Buffer.from(payload, 'base64') : decodeQ(payload));
    end = match.index + word.length;
  }
  flush();
  return result + text.slice(end);
}

function decodeQ(payload: string): Buffer {
  const latin = payload
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin, 'latin1');
}

function decodeBytes(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('latin1'); // a charset that nobody knows
  }
}

function clean(text: string): string {
  return text
    .slice(0, FIELD_LIMIT)
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
}
