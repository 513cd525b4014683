/**
 * The order in which every walk, file and comparison goes: a node before what is below it, siblings by the bytes of
 * their names. Names hold no surrogates (PathUtils.validatePath), so that comparing code units is comparing bytes.
 */

/** Names from the root of a transfer to a node; none for the root itself. */
export type Names = readonly string[];

/** The names of a relative path. */
export function namesOf(relative: string): Names {
  return relative === '' ? [] : relative.split('/');
}

/** Below zero when a comes first, zero when they are the same node. Relative paths. */
export function compareRelative(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // The end of a name comes before every character of a longer one.
    if (x === SLASH) return -1;
    if (y === SLASH) return 1;
    return x - y;
  }
  return a.length - b.length;
}

const SLASH = 0x2f;

/** Whether `relative` is `ancestor` or below it. */
export function isAtOrBelow(relative: string, ancestor: string): boolean {
  return ancestor === '' || relative === ancestor || relative.startsWith(`${ancestor}/`);
}

/** The parent of a relative path; null for the root. */
export function parentOf(relative: string): string | null {
  if (relative === '') return null;
  const slash = relative.lastIndexOf('/');
  return slash < 0 ? '' : relative.slice(0, slash);
}

/** The absolute path of a relative one. */
export function absolutePath(root: string, relative: string): string {
  if (relative === '') return root;
  return root === '/' ? `/${relative}` : `${root}/${relative}`;
}

/** The relative path of an absolute one that lies at or below the root. */
export function relativePath(root: string, path: string): string {
  if (path === root) return '';
  return path.slice(root === '/' ? 1 : root.length + 1);
}
