/** A host listens on a wildcard; a browser needs an address. */

import { networkInterfaces } from 'node:os';

/** The host to put in an address: itself, or for a wildcard the first address that other machines can reach. */
export function reachableHost(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find((address) => address.family === 'IPv4' && !address.internal);
  return outside?.address ?? '127.0.0.1';
}
