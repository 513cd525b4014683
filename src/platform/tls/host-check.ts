/**
 * Whether a certificate is that of the machine at the other end (ZKTrustManager, ZKHostnameVerifier): it has the
 * machine's address, or its host's name.
 */

import type { X509Certificate } from 'node:crypto';
import { lookup, lookupService } from 'node:dns/promises';
import { isIP } from 'node:net';
import { withoutV4Prefix } from '../socket-address.ts';

/**
 * @param address where the other end is
 * @param host what it was called by; null when it called by itself, or was called by its address
 * @param reverseLookup without a name, the system is asked for the one that belongs to the address
 * @returns null when it is; or what is wrong, as one clause for a person
 */
export async function hostProblem(
  certificate: X509Certificate, address: string | undefined, host: string | null, reverseLookup: boolean,
): Promise<string | null> {
  if (address === undefined) return 'the connection was closed';
  const ip = withoutV4Prefix(address);
  if (certificate.checkIP(ip) !== undefined || certificate.checkHost(ip) !== undefined) return null;
  const name = host !== null && isIP(host) === 0 ? host : reverseLookup ? await nameOf(ip) : null;
  if (name !== null && certificate.checkHost(name) !== undefined) return null;
  return `the certificate is not that of ${name === null ? ip : `${ip} or ${name}`}`;
}

/** As Java does it: a name that does not lead back to the address is somebody's who would like to have it. */
async function nameOf(ip: string): Promise<string | null> {
  try {
    const { hostname } = await lookupService(ip, 0);
    const addresses = await lookup(hostname, { all: true });
    return addresses.some(({ address }) => address === ip) ? hostname : null;
  } catch {
    return null;
  }
}
