/** Addresses as people and ACLs write them. */

const V4_IN_V6 = '::ffff:';

/** An IPv4 address that came in through a socket for IPv6, without what stands in front of it. */
export function withoutV4Prefix(address: string): string {
  return address.startsWith(V4_IN_V6) ? address.slice(V4_IN_V6.length) : address;
}
