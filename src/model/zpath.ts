/** Paths of znodes (facts 1.14; PathUtils.validatePath). */

/** The node that holds the configuration of the ensemble (ZooDefs.CONFIG_NODE). */
export const CONFIG_PATH = '/zookeeper/config';

const SLASH = 0x2f;
const DOT = 0x2e;

/** What is wrong with a path: for whoever words it in another language. */
export type PathFault =
  | { readonly kind: 'empty' | 'noSlash' | 'slashAtEnd' | 'emptyName' }
  | { readonly kind: 'dots'; readonly name: string }
  /** A forbidden UTF-16 unit, as U+0000, and its place from 0. */
  | { readonly kind: 'character'; readonly unit: string; readonly at: number };

/** What is wrong with a path, or null when it is valid. */
export function pathFault(path: string): PathFault | null {
  if (path === '') return { kind: 'empty' };
  if (path[0] !== '/') return { kind: 'noSlash' };
  if (path === '/') return null;
  if (path.endsWith('/')) return { kind: 'slashAtEnd' };
  if (isPlain(path)) return null;
  for (const part of path.slice(1).split('/')) {
    if (part === '') return { kind: 'emptyName' };
    if (part === '.' || part === '..') return { kind: 'dots', name: part };
  }
  for (let i = 1; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    if (isForbiddenUnit(unit)) return { kind: 'character', unit: `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`, at: i };
  }
  return null;
}

/** Nothing but printable ASCII, and no name that is empty or begins with a dot: as nearly all paths are. */
function isPlain(path: string): boolean {
  let before = 0;
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return false;
    if (before === SLASH && (unit === SLASH || unit === DOT)) return false;
    before = unit;
  }
  return true;
}

/** Why a path is refused, or null when it is valid. One clause in English, fit for a person. */
export function pathProblem(path: string): string | null {
  const fault = pathFault(path);
  switch (fault?.kind) {
    case undefined:
      return null;
    case 'empty':
      return 'a path cannot be empty';
    case 'noSlash':
      return 'a path must begin with /';
    case 'slashAtEnd':
      return 'a path must not end with /';
    case 'emptyName':
      return 'a path must not hold an empty name (//)';
    case 'dots':
      return `a path must not hold the name ${fault.name}`;
    case 'character':
      return `a path must not hold the character ${fault.unit} (at ${fault.at})`;
  }
}

function isForbiddenUnit(unit: number): boolean {
  return (
    unit <= 0x1f || (unit >= 0x7f && unit <= 0x9f) || (unit >= 0xd800 && unit <= 0xf8ff) || (unit >= 0xfff0 && unit <= 0xffff)
  );
}

/** The same for a path to be created: a sequential one is judged with its suffix in place. */
export function createPathProblem(path: string, sequential: boolean): string | null {
  return pathProblem(sequential ? `${path}1` : path);
}

/** The parent's path; the root's parent is null. */
export function parentPath(path: string): string | null {
  if (path === '/' || path === '') return null;
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** The last name; empty for the root. */
export function nodeName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A child's path. */
export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** The paths from the root to this one, both included. */
export function pathLineage(path: string): string[] {
  const out = ['/'];
  if (path === '/') return out;
  let at = 0;
  while ((at = path.indexOf('/', at + 1)) !== -1) out.push(path.slice(0, at));
  out.push(path);
  return out;
}

/** True when `path` is `ancestor` or lies below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`);
}

/**
 * Splits a name into its prefix and its sequence number, if it ends with one: ten digits, or, once the
 * parent's counter has overflowed, a minus sign with nine or ten digits. Where both readings fit (a dash, then ten
 * digits), the dash is taken as a part of the prefix.
 */
export function splitSequence(name: string): { readonly prefix: string; readonly sequence: number } | null {
  const digits = /\d{10}$/.exec(name)?.[0];
  if (digits !== undefined) {
    const prefix = name.slice(0, -10);
    const value = Number(digits);
    if (value <= 0x7fff_ffff) return { prefix, sequence: value };
    return prefix.endsWith('-') && value <= 0x8000_0000 ? { prefix: prefix.slice(0, -1), sequence: -value } : null;
  }
  const negative = /-\d{9}$/.exec(name)?.[0];
  return negative === undefined ? null : { prefix: name.slice(0, -10), sequence: Number(negative) };
}

/** `%010d` of a signed 32-bit number, the suffix of sequential nodes. */
export function formatSequence(sequence: number): string {
  const text = Math.abs(sequence).toString();
  return sequence < 0 ? `-${text.padStart(9, '0')}` : text.padStart(10, '0');
}
