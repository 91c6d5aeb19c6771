/** What every answer must be like, whatever was asked. */
import type { Endpoint } from '../src/platform/contract.ts';
import { common } from '../src/platform/problem.ts';
import { compile } from '../src/platform/validate.ts';
import type { Draft } from './hostile-requests.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** What only somebody inside should know: stacks, statements, the database's words, our files. */
const INTERNALS = [
  /\n\s*at \S|node_modules|node:internal|\.[cm]?[jt]s:\d|\/src\/|file:\/\/\/(?!etc)/,
  /\b(TypeError|RangeError|ReferenceError|URIError|ERR_[A-Z_]+|ECONN\w+|FST_\w+)\b/,
  /Cannot (read|set|convert|destructure|access)|is not (a function|iterable|defined)|call stack|Invalid (array|string) length/,
  /\b(relation|duplicate key|violates|constraint|btree|tsquery|pg_(?!sleep)\w+|PostgreSQL|statement timeout|deadlock)\b/i,
  /invalid (input|byte|regular|memory)|syntax error|out of range|stack depth|unterminated/i,
  /\b(select .+ from|insert into|update \w+ set|delete from)\b/i,
];

const KNOWN_CODES = new Set<string>(Object.values(common).map(({ code }) => code));
const MEMBERS = ['type', 'title', 'status', 'detail', 'instance', 'errors'];

/** What is wrong with an answer, whatever was asked; undefined when nothing is. `asked` is what the shop may repeat. */
export function faultOf(endpoint: Endpoint, draft: Draft, answer: Answer, asked: string): string | undefined {
  const { status, headers, text } = answer;
  if (status >= 500) return `${status}: ${text.slice(0, 500)}`;
  if (headers['x-injected'] !== undefined) return 'a header of the client’s own making';
  if (status < 400) return faultOfSuccess(endpoint, draft, answer);
  if (draft.method === 'HEAD') return undefined;
  if (!String(headers['content-type']).startsWith('application/problem+json'))
    return `${status} is no problem: ${text}`;
  const { type, title, errors = [], detail, ...problem } = JSON.parse(text);
  const code = /^urn:tradewind:problem:([a-z-]+)$/.exec(type)?.[1] ?? '';
  if (problem.status !== status || typeof title !== 'string' || code === '') return `no problem document: ${text}`;
  const own = draft.method === endpoint.method;
  const declared = KNOWN_CODES.has(code) || endpoint.problems.some((one) => one.code === code && one.status === status);
  if (own && !declared) return `${code} is not declared by ${endpoint.name}`;
  if (KNOWN_CODES.has(code) && Object.keys(problem).some((name) => !MEMBERS.includes(name)))
    return `too much said: ${text}`;
  const faulty = !Array.isArray(errors) || errors.some((one) => typeof one.pointer !== 'string' || !one.detail);
  if (faulty) return `a fault without its place: ${text}`;
  const said = [detail, ...errors.map((one: { detail: string }) => one.detail)].filter((one) => !asked.includes(one));
  const leak = INTERNALS.find((pattern) => pattern.test(said.join('\n')));
  return leak && `speaks of what is inside (${leak}): ${text}`;
}

/** What HTTP has for everybody: not modified; and for a stream that there is no more of. */
const BESIDES = ({ method, streams }: Endpoint) => [...(method === 'GET' ? [304] : []), ...(streams ? [204] : [])];

const checks = new WeakMap<object, ReturnType<typeof compile>>();
function faultOfSuccess(endpoint: Endpoint, draft: Draft, { status, headers, text }: Answer): string | undefined {
  // With another method, or a part that leads elsewhere, it is another endpoint's answer.
  if (draft.method !== endpoint.method) return undefined;
  if (Object.values(draft.parts).some((part) => !/^[\w~.-]{8,}$/.test(part))) return undefined;
  const reply = status === endpoint.status ? endpoint.reply : endpoint.others[status];
  if (status !== endpoint.status && !reply && !BESIDES(endpoint).includes(status)) return `${status} is not declared`;
  if (!reply) return undefined;
  if (!String(headers['content-type']).startsWith('application/json')) return undefined;
  let check = checks.get(reply);
  if (!check) {
    check = compile(reply);
    checks.set(reply, check);
  }
  const faults = check(JSON.parse(text));
  return faults && `an answer that breaks its contract: ${JSON.stringify(faults).slice(0, 500)}`;
}
