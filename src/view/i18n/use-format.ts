/** Numbers, sizes, times and spans in the language in force. */

import { computed, type ComputedRef } from 'vue';
import { useText } from './use-text.ts';

export interface Format {
  /** 12,345 */
  readonly number: (value: number | bigint) => string;
  /** 1,023 B, 1.4 kB, 12 MB; powers of ten. */
  readonly bytes: (value: number) => string;
  /** 850 µs, 4 ms, 1.2 s, 3 min */
  readonly duration: (ms: number) => string;
  /** 14:03:27 */
  readonly time: (atMs: number) => string;
  /** 21 Nov 2026, 14:03:27 */
  readonly dateTime: (atMs: number) => string;
  /** For narrow lists: 14:03 today, else 21 Nov, 14:03; with the year when it is another one. */
  readonly shortTime: (atMs: number, nowMs: number) => string;
  /** 3 minutes ago */
  readonly ago: (atMs: number, nowMs: number) => string;
}

const units = ['kB', 'MB', 'GB', 'TB'] as const;
const spans = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['month', 30 * 86_400_000],
  ['year', 365 * 86_400_000],
] as const;

const { language } = useText();

const formats = computed(() => ({
  plain: new Intl.NumberFormat(language.value),
  short: new Intl.NumberFormat(language.value, { maximumSignificantDigits: 3 }),
  time: new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }),
  dateTime: new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'medium', hour12: false }),
  minute: new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit', hour12: false }),
  dayMinute: new Intl.DateTimeFormat(language.value, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false }),
  day: new Intl.DateTimeFormat(language.value, { dateStyle: 'medium' }),
  relative: new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' }),
}));

function bytes(value: number): string {
  if (value < 1000) return `${formats.value.plain.format(value)} B`;
  let scaled = value;
  let unit: (typeof units)[number] = 'kB';
  for (const next of units) {
    scaled /= 1000;
    unit = next;
    if (scaled < 999.5) break;
  }
  return `${formats.value.short.format(scaled)} ${unit}`;
}

function duration(ms: number): string {
  const { short } = formats.value;
  if (ms < 1) return `${short.format(Math.round(ms * 1000))} µs`;
  if (ms < 1000) return `${short.format(ms)} ms`;
  if (ms < 120_000) return `${short.format(ms / 1000)} s`;
  if (ms < 7_200_000) return `${short.format(ms / 60_000)} min`;
  return `${short.format(ms / 3_600_000)} h`;
}

function shortTime(atMs: number, nowMs: number): string {
  const { minute, dayMinute, day } = formats.value;
  const [at, now] = [new Date(atMs), new Date(nowMs)];
  if (at.getFullYear() !== now.getFullYear()) return day.format(at);
  return at.toDateString() === now.toDateString() ? minute.format(at) : dayMinute.format(at);
}

function ago(atMs: number, nowMs: number): string {
  const span = Math.max(0, nowMs - atMs);
  let best: readonly [Intl.RelativeTimeFormatUnit, number] = ['second', 1000];
  for (const entry of spans) if (span >= entry[1]) best = entry;
  return formats.value.relative.format(-Math.floor(span / best[1]), best[0]);
}

const format: Format = {
  number: (value) => formats.value.plain.format(value),
  bytes,
  duration,
  time: (atMs) => formats.value.time.format(atMs),
  dateTime: (atMs) => formats.value.dateTime.format(atMs),
  shortTime,
  ago,
};

/** The formats; reactive to a change of language wherever they are used in a template or computed. */
export function useFormat(): Format {
  return format;
}

/** The language's own collation is too slow for many rows: sort those by code unit, and short lists with this. */
export const collator: ComputedRef<Intl.Collator> = computed(() => new Intl.Collator(language.value, { numeric: true }));
