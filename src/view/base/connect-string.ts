/**
 * A connect string as it is typed: `host1:2181,host2:2181/chroot`, IPv6 in brackets. Says what is wrong, for the
 * dialog; what is used in the end is read by the client.
 */

import { pathFault } from '../../model/zpath.ts';

export const DEFAULT_PORT = 2181;

/** What is wrong; `what` names a message under `connection.problem`. */
export interface ConnectProblem {
  readonly what: 'required' | 'noServer' | 'emptyServer' | 'host' | 'port' | 'bracket' | 'duplicate' | 'space' | 'chroot' | 'url';
  readonly entry: string;
}

export type ConnectString =
  | { readonly ok: true; readonly servers: readonly string[]; readonly chroot: string | null }
  | { readonly ok: false; readonly problem: ConnectProblem };

const bad = (what: ConnectProblem['what'], entry = ''): ConnectString => ({ ok: false, problem: { what, entry } });

/** Reads a connect string. */
export function readConnectString(typed: string): ConnectString {
  const text = typed.trim();
  if (text === '') return bad('required');
  // Its slashes would be taken for a chroot.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return bad('url', text.replace(/^[^/]*\/+/, ''));
  const slash = text.indexOf('/');
  const chroot = slash === -1 || text.slice(slash) === '/' ? null : text.slice(slash);
  if (chroot !== null && pathFault(chroot) !== null) return bad('chroot', chroot);
  const list = slash === -1 ? text : text.slice(0, slash);
  if (list.trim() === '') return bad('noServer');
  const servers: string[] = [];
  for (const part of list.split(',')) {
    const entry = part.trim();
    if (entry === '') return bad('emptyServer');
    if (/\s/.test(entry)) return bad('space', entry);
    const server = readServer(entry);
    if (typeof server !== 'string') return { ok: false, problem: server };
    if (servers.includes(server)) return bad('duplicate', entry);
    servers.push(server);
  }
  return { ok: true, servers, chroot };
}

function readServer(entry: string): string | ConnectProblem {
  const bracketed = /^\[([0-9a-f:.]+(?:%[\w.-]+)?)\](?::(.*))?$/i.exec(entry);
  if (bracketed === null && (entry.startsWith('[') || entry.split(':').length > 2)) return { what: 'bracket', entry };
  const plain = /^([^:]*)(?::(.*))?$/.exec(entry);
  const host = bracketed === null ? (plain?.[1] ?? '') : `[${bracketed[1] ?? ''}]`;
  const port = bracketed === null ? plain?.[2] : bracketed[2];
  if (bracketed === null && !/^[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u.test(host)) return { what: 'host', entry };
  if (port === undefined) return `${host}:${DEFAULT_PORT}`;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65_535 ? `${host}:${number}` : { what: 'port', entry };
}
