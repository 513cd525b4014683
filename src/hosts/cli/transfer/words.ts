/** Numbers, times and failures as people read them on a terminal. */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `12,345`. */
export function countText(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 node`, `2 nodes`. */
export function nodesText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'node' : 'nodes'}`;
}

/** `512 bytes`, `1.5 MB`, in powers of 1000. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? countText(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function timeText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number): string => value.toString().padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${hours > 0 ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** What a message of others may hold of line ends is no line end here. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' | ');
}

/** Characters that would break a line or turn its direction: a name that holds them is not to look like another. */
const DECEIVING = /[\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A path on a terminal: what deceives stands as its number. */
export function pathText(path: string): string {
  return path.replace(DECEIVING, (each) => `\\u${each.charCodeAt(0).toString(16)}`);
}
