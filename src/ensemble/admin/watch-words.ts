/** Words about watches: wchs, wchc, wchp; the data table only, as in Apache's server (facts 3.3, 6.1). */

import type { AdminView } from './admin-view.ts';
import { hex, lines } from './text.ts';

export function wchs(view: AdminView): string {
  const { connections, paths, watches } = view.watches.summary();
  return lines([`${connections} connections watching ${paths} paths`, `Total watches:${watches}`]);
}

function sessionIds(view: AdminView): (key: number) => string {
  const ids = new Map(view.connections().map(({ key, sessionId }) => [key, sessionId]));
  return (key) => `0x${hex(ids.get(key) ?? 0n)}`;
}

export function wchc(view: AdminView): string {
  const idOf = sessionIds(view);
  const out: string[] = [];
  for (const [key, paths] of view.watches.byConnection()) out.push(idOf(key), ...paths.map((path) => `\t${path}`));
  return lines([...out, '']);
}

export function wchp(view: AdminView): string {
  const idOf = sessionIds(view);
  const out: string[] = [];
  for (const [path, keys] of view.watches.byPath()) out.push(path, ...keys.map((key) => `\t${idOf(key)}`));
  return lines([...out, '']);
}
