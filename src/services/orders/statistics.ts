/**
 * Statistics of orders: what is counted, how counts are put together, which points a chart has. Times are UTC, and so are
 * days. Pure; milliseconds since 1970 inside.
 *
 * Durations are counted in buckets whose bounds grow by 2^¼: a percentile is the middle of its bucket, at most 9 % off.
 */
import { fromMinor } from '../../contracts/money.ts';
import type { FailureReason, OrderStatistics, StatisticsStep } from '../../contracts/orders.ts';
import { FailureReason as Reasons, STATISTICS } from '../../contracts/orders.ts';
import type { Fault, Rejection } from '../../platform/problem.ts';
import { common, reject } from '../../platform/problem.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LENGTH: Record<StatisticsStep, number> = { minute: MINUTE, hour: 60 * MINUTE, day: DAY };
const STEPS = Object.keys(LENGTH) as StatisticsStep[];

export const floorTo = (step: StatisticsStep, time: number) => Math.floor(time / LENGTH[step]) * LENGTH[step];
const ceilTo = (step: StatisticsStep, time: number) => Math.ceil(time / LENGTH[step]) * LENGTH[step];

// ── durations ──

const PER_DOUBLING = 4;
/** Bounds of the buckets in milliseconds: from 1 ms, below which all is one bucket, to a day and a half. */
export const BOUNDS: readonly number[] = Array.from(
  { length: 27 * PER_DOUBLING + 1 },
  (_, i) => 2 ** (i / PER_DOUBLING),
);

/** What stands for the durations of a bucket: its middle, by ratio. */
export function middleOf(bucket: number): number {
  return 2 ** ((Math.min(bucket, BOUNDS.length) - 0.5) / PER_DOUBLING);
}

/** The duration that a part of them (0 to 1) does not exceed; undefined of none. */
export function percentile(histogram: readonly number[], part: number): number | undefined {
  const all = histogram.reduce((sum, count) => sum + count, 0);
  let left = Math.max(1, Math.ceil(all * part));
  for (const [bucket, count] of histogram.entries()) {
    left -= count;
    if (left <= 0) return middleOf(bucket);
  }
  return undefined;
}

// ── counts ──

/** What happened in a minute, an hour or a day. Amounts are minor units: exact up to ninety trillion of a currency. */
export interface Counts {
  placed: number;
  confirmed: number;
  cancelled: number;
  /** By reason. */
  failures: Record<string, number>;
  /** Of orders when they were confirmed, by currency. */
  revenue: Record<string, number>;
  /** Went back, less what a bank did not take. */
  refunded: Record<string, number>;
  /** By bucket; what is not there is 0. */
  checkout_ms: number[];
  confirm_ms: number[];
}

export interface Slot extends Counts {
  /** When it begins. */
  at: number;
}

/** How often one thing happened in one minute. */
export interface Tally {
  minute: string;
  became: 'placed' | 'confirmed' | 'failed' | 'cancelled' | 'refunded';
  /** Of a failure its reason, else the currency. */
  key: string;
  /** Of the duration that belongs to it. */
  bucket: number | null;
  times: number;
  amount: number;
}

const none = (): Counts => ({
  placed: 0,
  confirmed: 0,
  cancelled: 0,
  failures: {},
  revenue: {},
  refunded: {},
  checkout_ms: [],
  confirm_ms: [],
});

function addTo(sums: Record<string, number>, key: string, more: number): void {
  sums[key] = (sums[key] ?? 0) + more;
}

function addBucket(histogram: number[], bucket: number, times: number): void {
  while (histogram.length <= bucket) histogram.push(0);
  histogram[bucket] = (histogram[bucket] as number) + times;
}

/** Minutes from what was counted of them. */
export function slotsOf(tallies: readonly Tally[]): Slot[] {
  const slots = new Map<string, Slot>();
  for (const { minute, became, key, bucket, times, amount } of tallies) {
    const slot = slots.get(minute) ?? { at: Date.parse(minute), ...none() };
    slots.set(minute, slot);
    if (became === 'failed') addTo(slot.failures, key, times);
    else if (became === 'refunded') addTo(slot.refunded, key, amount);
    else slot[became] += times;
    if (became === 'placed') addBucket(slot.checkout_ms, bucket ?? 0, times);
    if (became === 'confirmed') {
      addTo(slot.revenue, key, amount);
      addBucket(slot.confirm_ms, bucket ?? 0, times);
    }
  }
  return [...slots.values()];
}

/** The sum of several counts. */
export function merge(all: readonly Counts[]): Counts {
  const sum = none();
  for (const one of all) {
    sum.placed += one.placed;
    sum.confirmed += one.confirmed;
    sum.cancelled += one.cancelled;
    for (const name of ['failures', 'revenue', 'refunded'] as const) {
      for (const [key, more] of Object.entries(one[name])) addTo(sum[name], key, more);
    }
    for (const name of ['checkout_ms', 'confirm_ms'] as const) {
      for (const [bucket, times] of one[name].entries()) addBucket(sum[name], bucket, times);
    }
  }
  return sum;
}

/** Slots of a longer unit, made of shorter ones; those in which nothing happened are not there. */
export function fold(slots: readonly Slot[], unit: StatisticsStep): Slot[] {
  const parts = new Map<number, Slot[]>();
  for (const slot of slots) {
    const at = floorTo(unit, slot.at);
    parts.set(at, [...(parts.get(at) ?? []), slot]);
  }
  return [...parts].map(([at, some]) => ({ at, ...merge(some) })).sort((a, b) => a.at - b.at);
}

// ── what is asked for ──

export interface Window {
  from: number;
  to: number;
  step: StatisticsStep;
}

/** The whole steps that are asked for, up to now; the step is the shortest that fits, unless one is named. */
export function readWindow(
  query: { from?: string; to?: string; step?: StatisticsStep },
  now: number,
): Window | Rejection<'invalid-request'> {
  const to = Math.min(query.to === undefined ? now : Date.parse(query.to), now);
  const from = query.from === undefined ? to - DAY : Date.parse(query.from);
  if (from >= to) return refuse('/query/from', 'must be before `to`, and before now');
  const windows = STEPS.filter((step) => query.step === undefined || step === query.step)
    .map((step) => ({ from: floorTo(step, from), to: ceilTo(step, to), step }))
    .filter((window) => (window.to - window.from) / LENGTH[window.step] <= STATISTICS.points);
  if (windows.length === 0) {
    const pointer = query.step === undefined ? '/query/from' : '/query/step';
    return refuse(pointer, `a span has at most ${STATISTICS.points} points`);
  }
  const oldest = now - STATISTICS.minutesKeptDays * DAY;
  const fitting = windows.find((window) => window.step !== 'minute' || window.from >= oldest);
  return fitting ?? refuse('/query/step', `minutes are kept for ${STATISTICS.minutesKeptDays} days`);
}

function refuse(pointer: string, detail: string): Rejection<'invalid-request'> {
  const errors: Fault[] = [{ pointer, detail }];
  return reject(common.invalid, { errors });
}

// ── as it is shown ──

/** One point for each step, those in which nothing happened too; and all of them together. */
export function shown(
  { from, to, step }: Window,
  slots: readonly Slot[],
): Omit<OrderStatistics, 'waiting' | 'uncounted'> {
  const found = new Map(fold(slots, step).map((slot) => [slot.at, slot]));
  const times = Array.from({ length: (to - from) / LENGTH[step] }, (_, i) => from + i * LENGTH[step]);
  const totals = merge([...found.values()]);
  const failures = Object.fromEntries(
    (Reasons.enum as FailureReason[]).map((reason) => [reason, totals.failures[reason] ?? 0]),
  ) as Record<FailureReason, number>;
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    step,
    points: times.map((at) => ({ at: new Date(at).toISOString(), ...sums(found.get(at) ?? none()) })),
    totals: { ...sums(totals), failures },
  };
}

function sums({ placed, confirmed, cancelled, failures, revenue, refunded, checkout_ms, confirm_ms }: Counts) {
  return {
    placed,
    confirmed,
    failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
    cancelled,
    revenue: amounts(revenue),
    refunded: amounts(refunded),
    checkout_ms: latency(checkout_ms),
    confirm_ms: latency(confirm_ms),
  };
}

const amounts = (minor: Record<string, number>) =>
  Object.fromEntries(Object.entries(minor).map(([currency, sum]) => [currency, fromMinor(sum, currency)]));

function latency(histogram: readonly number[]) {
  const [p50, p99] = [percentile(histogram, 0.5), percentile(histogram, 0.99)];
  return p50 === undefined || p99 === undefined ? null : { p50: tenths(p50), p99: tenths(p99) };
}

const tenths = (value: number) => Math.round(value * 10) / 10;
