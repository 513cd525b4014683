/** What the path bar offers while a path is being typed. */

import { joinPath, pathProblem } from '../../model/zpath.ts';

/** The node whose children are asked for, and what their names must begin with. */
export interface CompletionQuery {
  readonly parent: string;
  readonly prefix: string;
}

/** Splits what was typed; null when nothing can be offered for it. */
export function completionQuery(typed: string): CompletionQuery | null {
  if (!typed.startsWith('/') || typed.startsWith('//')) return null;
  const slash = typed.lastIndexOf('/');
  const parent = slash === 0 ? '/' : typed.slice(0, slash);
  return pathProblem(parent) === null ? { parent, prefix: typed.slice(slash + 1) } : null;
}

/**
 * The paths to offer: names that begin as typed first, then those that hold it, each in the order given.
 *
 * @param names of the parent's children, sorted
 */
export function completions(names: readonly string[], query: CompletionQuery, max: number): string[] {
  const wanted = query.prefix.toLowerCase();
  const first: string[] = [];
  const then: string[] = [];
  for (const name of names) {
    if (first.length >= max) break;
    const at = name.toLowerCase().indexOf(wanted);
    if (at === 0) first.push(name);
    else if (at > 0 && then.length < max) then.push(name);
  }
  return [...first, ...then].slice(0, max).map((name) => joinPath(query.parent, name));
}

/** A typed or pasted path as it is meant: without blanks around it, a doubled or a trailing slash. */
export function tidyPath(typed: string): string {
  const path = typed.trim().replace(/\/{2,}/g, '/');
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return rooted.length > 1 && rooted.endsWith('/') ? rooted.slice(0, -1) : rooted;
}
