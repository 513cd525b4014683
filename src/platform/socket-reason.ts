/** Why a socket failed, as one clause for a person. */

const CLAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused (nothing listens there)',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while sending',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'the address cannot be used on this machine',
  EACCES: 'the system forbids the connection',
  EPERM: 'the system forbids the connection',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name server did not answer',
  EAI_NODATA: 'the name has no address',
};

/** @param error what Node reported, also an AggregateError over several addresses */
export function socketReason(error: Error): string {
  const { code } = error as Error & { readonly code?: unknown };
  const parts = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [];
  if (parts.length > 0) {
    const reasons = new Set(parts.map((part) => (part instanceof Error ? socketReason(part) : String(part))));
    return [...reasons].join('; ');
  }
  if (typeof code === 'string' && Object.hasOwn(CLAUSES, code)) return CLAUSES[code] as string;
  if (error.message !== '') return error.message;
  return typeof code === 'string' ? code : 'unknown error';
}
