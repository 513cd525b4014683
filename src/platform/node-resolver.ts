/** Host names to addresses, as the operating system resolves them. */

import { lookup } from 'node:dns/promises';
import type { Lookup, Resolver } from '../services/ports.ts';

/** The system gives up by itself after a while that nobody wants to wait. */
const GIVE_UP_MS = 10_000;

/** Texts for the codes that people meet; anything else is shown as the system says it. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name server did not answer',
  ENODATA: 'the name has no address',
};

export interface ResolverOptions {
  /** Stands in for the system's resolver in tests. */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string }[]>;
  readonly giveUpMs?: number;
}

/** The system's resolver; each address once, in the system's order. */
export function nodeResolver(options: ResolverOptions = {}): Resolver {
  const { resolve = (host) => lookup(host, { all: true, verbatim: true }), giveUpMs = GIVE_UP_MS } = options;
  return {
    async lookup(host): Promise<Lookup> {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<Lookup>((done) => {
        const reason = `no answer within ${giveUpMs} ms`;
        timer = setTimeout(() => done({ ok: false, code: 'ETIMEOUT', reason }), giveUpMs);
      });
      try {
        return await Promise.race([late, ask(host, resolve)]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function ask(host: string, resolve: NonNullable<ResolverOptions['resolve']>): Promise<Lookup> {
  try {
    const found = await resolve(host);
    return { ok: true, addresses: [...new Set(found.map(({ address }) => address))] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    return { ok: false, code, reason: REASONS[code] ?? (error instanceof Error ? error.message : String(error)) };
  }
}
