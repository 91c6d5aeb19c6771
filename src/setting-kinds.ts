/** Kinds of settings: how each is read from text, and what it must be. */
import { isCurrency } from './contracts/money.ts';
import { addressesIn } from './platform/broker-nodes.ts';

export interface Setting<T> {
  readonly fallback: T;
  readonly doc: string;
  /** The value, or throws with what it must be. */
  readonly read: (text: string) => T;
  readonly secret?: boolean;
}

export function text(fallback: string, doc: string, { secret = false } = {}): Setting<string> {
  return { fallback, doc, read: (value) => value, secret };
}

export function pattern(
  fallback: string,
  form: RegExp,
  meaning: string,
  doc: string,
  { secret = false } = {},
): Setting<string> {
  return {
    fallback,
    doc,
    secret,
    read: (value) => {
      if (form.test(value)) return value;
      throw new Error(`must be ${meaning}`);
    },
  };
}

export function integer(fallback: number, doc: string, min: number, max: number): Setting<number> {
  return {
    fallback,
    doc,
    read: (value) => {
      const number = Number(value);
      if (value.trim() !== '' && Number.isInteger(number) && number >= min && number <= max) return number;
      throw new Error(`must be a whole number from ${min} to ${max}`);
    },
  };
}

export function flag(fallback: boolean, doc: string): Setting<boolean> {
  return {
    fallback,
    doc,
    read: (value) => {
      if (['true', '1', 'yes', 'on'].includes(value.toLowerCase())) return true;
      if (['false', '0', 'no', 'off'].includes(value.toLowerCase())) return false;
      throw new Error('must be true or false');
    },
  };
}

export function choice<const T extends string>(fallback: T, options: readonly T[], doc: string): Setting<T> {
  return {
    fallback,
    doc,
    read: (value) => {
      if (options.includes(value as T)) return value as T;
      throw new Error(`must be one of ${options.join(', ')}`);
    },
  };
}

export function url(schemes: readonly string[], doc: string, { fallback = '', secret = false } = {}): Setting<string> {
  return {
    fallback,
    doc,
    secret,
    read: (value) => {
      const scheme = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : undefined;
      if (scheme && schemes.includes(scheme)) return value;
      throw new Error(`must be a URL that starts with ${schemes.map((one) => `${one}://`).join(' or ')}`);
    },
  };
}

/** Of one broker, or of the nodes of its cluster with commas between them: one login for all of them. */
export function brokers(doc: string): Setting<string> {
  const one = url(['amqp', 'amqps'], doc, { secret: true });
  /** All but where it is. */
  const login = (address: string) => {
    const { protocol, username, password, pathname, search } = new URL(address);
    return [protocol, username, password, pathname === '/' ? '' : pathname, search].join(' ');
  };
  return {
    ...one,
    read: (value) => {
      const addresses = addressesIn(value);
      for (const address of addresses) one.read(address);
      if (addresses.some((address) => new URL(address).hostname.includes(',')))
        throw new Error('must have a whole address for each node: amqp://…,amqp://…');
      if (new Set(addresses.map(login)).size > 1)
        throw new Error('must have the same scheme, user, password and virtual host in all of its addresses');
      if (addresses.length > 1 && addresses.some((address) => new URL(address).hostname.startsWith('[')))
        throw new Error('must have names or IPv4 addresses where it has several');
      return value;
    },
  };
}

export function currency(fallback: string, doc: string): Setting<string> {
  return {
    fallback,
    doc,
    read: (value) => {
      if (isCurrency(value)) return value;
      throw new Error('must be a currency in use, as an ISO 4217 code such as EUR');
    },
  };
}

/** What links are signed with must be in it: the account's key. */
export function azureConnection(doc: string): Setting<string> {
  return {
    fallback: '',
    doc,
    secret: true,
    read: (value) => {
      const parts = new Map(value.split(';').map((part) => part.split(/=(.*)/s) as [string, string | undefined]));
      const key = Buffer.from(parts.get('AccountKey') ?? '', 'base64');
      if (parts.get('UseDevelopmentStorage') === 'true' || (parts.get('AccountName') && key.length > 0)) return value;
      throw new Error('must be a connection string with AccountName=…;AccountKey=… (an access key, base64)');
    },
  };
}

export function fraction(fallback: number, doc: string): Setting<number> {
  return {
    fallback,
    doc,
    read: (value) => {
      const number = Number(value);
      if (value.trim() !== '' && number >= 0 && number <= 1) return number;
      throw new Error('must be a number from 0 to 1');
    },
  };
}

/** Words with commas between them, in small letters. */
export function list(form: RegExp, meaning: string, doc: string): Setting<readonly string[]> {
  return {
    fallback: [],
    doc,
    read: (value) => {
      const words = value.split(',').map((word) => word.trim().toLowerCase());
      if (words.every((word) => form.test(word))) return words;
      throw new Error(`must be ${meaning}`);
    },
  };
}

/** `name=value,…`, each percent-encoded, as OpenTelemetry has it. */
export function pairs(doc: string): Setting<Readonly<Record<string, string>>> {
  return {
    fallback: {},
    doc,
    secret: true,
    read: (value) => {
      const given = value.split(',').map((pair) => pair.split(/=(.*)/s).map((part) => part.trim()));
      try {
        if (given.every(([name, text]) => name && text)) {
          return Object.fromEntries(given.map(([name, text]) => [name, decodeURIComponent(text as string)]));
        }
      } catch {
        // A value that is no percent-encoding: the same mistake.
      }
      throw new Error('must be pairs, name=value,name=value, each value percent-encoded');
    },
  };
}
