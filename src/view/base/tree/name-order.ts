/**
 * The order of siblings. `natural` splits the number off the end of a name and compares text first, then the number by
 * its value (`n-9` before `n-10`); `codeUnit` compares UTF-16 code units. Both are total orders: equal only when the
 * same. Never a collator: it takes seconds where this takes milliseconds.
 */

export type NameOrder = 'natural' | 'codeUnit';

/** More digits than a double holds exactly are left to the text part. */
const DIGITS_MAX = 15;

/** Where the number at the end of a name begins; the name's length when it ends with none. */
function numberStart(name: string): number {
  let at = name.length;
  const least = Math.max(0, name.length - DIGITS_MAX);
  while (at > least) {
    const unit = name.charCodeAt(at - 1);
    if (unit < 48 || unit > 57) break;
    at--;
  }
  return at;
}

const valueFrom = (name: string, start: number): number => (start === name.length ? -1 : Number(name.slice(start)));

const byUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Negative when `a` stands before `b`. */
export function compareNames(a: string, b: string, order: NameOrder): number {
  if (order === 'codeUnit' || a === b) return byUnit(a, b);
  const startA = numberStart(a);
  const startB = numberStart(b);
  const shorter = Math.min(startA, startB);
  for (let i = 0; i < shorter; i++) {
    const way = a.charCodeAt(i) - b.charCodeAt(i);
    if (way !== 0) return way;
  }
  return startA - startB || valueFrom(a, startA) - valueFrom(b, startB) || byUnit(a, b);
}

/** Sorts into a new array. */
export function sortNames(names: readonly string[], order: NameOrder): string[] {
  return order === 'codeUnit' ? [...names].sort() : sortNaturally(names);
}

/** Names with the same text, and their numbers. */
interface Family {
  readonly names: string[];
  readonly values: number[];
}

/** With more families than this share of the names, there is nothing to gain from them. */
const FAMILIES_SHARE_MAX = 0.2;
const FEW = 200;

function sortNaturally(names: readonly string[]): string[] {
  const families = new Map<string, Family>();
  const familiesMax = FEW + names.length * FAMILIES_SHARE_MAX;
  for (const name of names) {
    // Sorted by code unit they are nearly in order already, and the second sort has little left to do.
    if (families.size > familiesMax) return [...names].sort().sort((a, b) => compareNames(a, b, 'natural'));
    const start = numberStart(name);
    const text = name.slice(0, start);
    let family = families.get(text);
    if (family === undefined) families.set(text, (family = { names: [], values: [] }));
    family.names.push(name);
    family.values.push(valueFrom(name, start));
  }
  const out: string[] = [];
  for (const text of [...families.keys()].sort()) pushSorted(families.get(text) as Family, out);
  return out;
}

/**
 * Number and position packed into one double, so that the engine's own numeric sort does the work; where they do not
 * fit, compared one by one.
 */
function pushSorted({ names, values }: Family, out: string[]): void {
  const { length } = names;
  if (length === 1) {
    out.push(names[0] as string);
    return;
  }
  const highest = values.reduce((a, b) => Math.max(a, b), 0);
  if ((highest + 2) * length >= Number.MAX_SAFE_INTEGER) {
    const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
    for (const i of order) out.push(names[i] as string);
  } else {
    const packed = new Float64Array(length);
    for (let i = 0; i < length; i++) packed[i] = ((values[i] as number) + 1) * length + i;
    packed.sort();
    for (const key of packed) out.push(names[key % length] as string);
  }
  settleTies(out, out.length - length);
}

/** Names of the same number (`a1`, `a01`) stand by code unit. */
function settleTies(out: string[], from: number): void {
  const same = (i: number): boolean => {
    const a = out[i - 1] as string;
    const b = out[i] as string;
    // Of one family, two names are tied only when they differ in leading zeros: then their lengths differ.
    return a.length !== b.length && valueFrom(a, numberStart(a)) === valueFrom(b, numberStart(b));
  };
  let begin = from;
  for (let i = from + 1; i <= out.length; i++) {
    if (i < out.length && same(i)) continue;
    if (i - begin > 1) out.splice(begin, i - begin, ...out.slice(begin, i).sort(byUnit));
    begin = i;
  }
}

/** Where a name stands in names sorted so, or -1. */
export function findName(sorted: readonly string[], name: string, order: NameOrder): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const way = compareNames(sorted[middle] as string, name, order);
    if (way === 0) return middle;
    if (way < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
