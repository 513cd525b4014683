/**
 * Who may talk to the web host. A first URL carries a token, which is exchanged for a cookie; after that the cookie
 * opens everything. Host and Origin are checked on each request, so that neither a name that somebody points at
 * 127.0.0.1 (DNS rebinding) nor another site's page gets an answer.
 * Must hold: secrets are compared in constant time; refusals say what to do and nothing about the secret.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type Verdict =
  | { readonly kind: 'allowed' }
  /** The token was right: set the cookie, go to `/`. */
  | { readonly kind: 'enter'; readonly cookie: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly reason: string };

export interface AccessOptions {
  /** As given to listen(). */
  readonly host: string;
  readonly port: number;
}

const ALLOWED: Verdict = { kind: 'allowed' };
const SECRET_BYTES = 32;
const TICKET_MS = 120_000;
const TICKETS_MAX = 16;

const refused = (status: 401 | 403, reason: string): Verdict => ({ kind: 'refused', status, reason });

export class Access {
  /** For the first URL. Good for as long as the host runs, so that a second browser can be let in. */
  readonly token = randomBytes(SECRET_BYTES).toString('base64url');
  readonly #session = randomBytes(SECRET_BYTES).toString('base64url');
  readonly #options: AccessOptions;
  /** Tickets that were not used yet, and when they end. */
  readonly #tickets = new Map<string, number>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Cookies do not know ports: two hosts on one machine need two names. */
  get cookieName(): string {
    return `zooscope-${this.#options.port}`;
  }

  /**
   * A token that lets in once, and soon: for an address that others may see, such as in the list of processes.
   * Only the newest few are kept.
   */
  ticket(): string {
    const ticket = randomBytes(SECRET_BYTES).toString('base64url');
    this.#tickets.set(ticket, Date.now() + TICKET_MS);
    const [oldest] = this.#tickets.keys();
    if (this.#tickets.size > TICKETS_MAX && oldest !== undefined) this.#tickets.delete(oldest);
    return ticket;
  }

  /** Judges a page, a file or a question about the session. @param url parsed, whatever base */
  request(message: IncomingMessage, url: URL): Verdict {
    const wrong = this.#wrongHost(message) ?? this.#wrongOrigin(message, false);
    if (wrong !== null) return wrong;
    const tokens = url.searchParams.getAll('token');
    if (url.pathname === '/' && tokens.length > 0) {
      const right = tokens.length === 1 && this.#opens(tokens[0] ?? '');
      return right ? { kind: 'enter', cookie: this.#setCookie() } : refused(401, 'This address has expired.');
    }
    return this.#cookieVerdict(message);
  }

  /** Judges a request to open a WebSocket: unlike a page, it always tells its origin. */
  upgrade(message: IncomingMessage): Verdict {
    return this.#wrongHost(message) ?? this.#wrongOrigin(message, true) ?? this.#cookieVerdict(message);
  }

  #opens(token: string): boolean {
    if (sameSecret(token, this.token)) return true;
    for (const [ticket, endsAtMs] of this.#tickets) {
      if (!sameSecret(token, ticket)) continue;
      this.#tickets.delete(ticket);
      return Date.now() <= endsAtMs;
    }
    return false;
  }

  #cookieVerdict(message: IncomingMessage): Verdict {
    const values = cookieValues(message.headers.cookie ?? '', this.cookieName);
    const right = values.length === 1 && sameSecret(values[0] ?? '', this.#session);
    return right ? ALLOWED : refused(401, 'This browser has not been let in yet.');
  }

  #setCookie(): string {
    return `${this.cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  #wrongHost(message: IncomingMessage): Verdict | null {
    const name = this.#hostName(message.headers.host ?? '');
    if (name !== null && this.#namesOf(message).has(name)) return null;
    return refused(403, 'The host name of this address is not one that Zooscope answers to.');
  }

  #wrongOrigin(message: IncomingMessage, needed: boolean): Verdict | null {
    const { origin, host } = message.headers;
    if (origin === undefined && !needed) return null;
    if (origin === `http://${host ?? ''}`) return null;
    return refused(403, 'This request came from another site.');
  }

  /** The name in a Host header whose port is ours, lower case, IPv6 without brackets. */
  #hostName(header: string): string | null {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(header);
    if (match === null || Number(match[3] ?? '80') !== this.#options.port) return null;
    return (match[1] ?? match[2] ?? '').toLowerCase();
  }

  /** The name that it was told to listen on, and the address that this connection came in by. */
  #namesOf(message: IncomingMessage): Set<string> {
    const address = (message.socket.localAddress ?? '').replace(/^::ffff:/, '');
    const names = new Set([this.#options.host.toLowerCase(), address.toLowerCase()]);
    if (isLoopback(address)) names.add('localhost');
    return names;
  }
}

/** 127.0.0.0/8, ::1 or `localhost`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Compares digests, since timingSafeEqual needs equal lengths and lengths would tell something. */
function sameSecret(given: string, right: string): boolean {
  const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}

function cookieValues(header: string, name: string): string[] {
  return header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
}
