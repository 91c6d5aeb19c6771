/**
 * What somebody has typed, put on a product that has changed meanwhile: what they have touched stays as typed, everything
 * else is as the shop has it by now. What both have changed is a clash, to be looked at by whoever typed. Pure.
 */
import { codeOf, type Draft, isSame, type PriceLine, TEXTS } from './draft.ts';

export interface Rebased {
  draft: Draft;
  /** What the shop has by now, by the pointer of the field. */
  clashes: Record<string, string>;
}

export function rebased(before: Draft, typed: Draft, next: Draft): Rebased {
  const clashes: Record<string, string> = {};
  const draft = { ...typed };
  for (const name of TEXTS) {
    if (typed[name].trim() === before[name].trim()) draft[name] = next[name];
    else if (next[name] !== before[name] && next[name] !== typed[name].trim()) clashes[`/${name}`] = next[name];
  }
  // An amount means nothing without its currency: the two are one.
  if (isSamePrice(typed, before)) Object.assign(draft, { price: next.price, currency: next.currency });
  else if (!isSamePrice(next, before) && !isSamePrice(next, typed))
    clashes['/price'] = `${next.price} ${next.currency}`;
  const lines = rebasedLines(before.prices, typed.prices, next.prices);
  return { draft: { ...draft, prices: lines.prices }, clashes: { ...clashes, ...lines.clashes } };
}

const isSamePrice = (a: Draft, b: Draft) => codeOf(a) === codeOf(b) && isSame(a.price, b.price, codeOf(a));

type Lines = readonly PriceLine[];
const amountIn = (lines: Lines, code: string) => lines.find((line) => codeOf(line) === code)?.amount;

function rebasedLines(before: Lines, typed: Lines, next: Lines) {
  const clashes: Record<string, string> = {};
  const kept = typed.flatMap((line): PriceLine[] => {
    const code = codeOf(line);
    const [was, is] = [amountIn(before, code), amountIn(next, code)];
    if (isSame(line.amount, was, code)) return is === undefined ? [] : [{ ...line, amount: is }];
    if (!isSame(is, was, code) && !isSame(is, line.amount, code)) clashes[`/prices/${line.key}`] = is ?? 'taken away';
    return [line];
  });
  const further = next.filter((line) => {
    const code = codeOf(line);
    if (amountIn(typed, code) !== undefined) return false;
    const was = amountIn(before, code);
    // Taken away here, but not as it is by now.
    if (was !== undefined && !isSame(line.amount, was, code)) clashes[`/prices/${line.key}`] = line.amount;
    return !isSame(line.amount, was, code);
  });
  return { prices: [...kept, ...further], clashes };
}
