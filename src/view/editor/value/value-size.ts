/**
 * Sizes of values and of the requests that carry them, against a server's jute.maxbuffer. A server closes the
 * connection of a client that sends a larger frame, without a reply (facts 1.2), so the limit is checked before.
 */

const encoder = new TextEncoder();

/** RequestHeader: xid and type. */
const HEADER_BYTES = 8;
const INT_BYTES = 4;

/** Bytes of a setData frame without its length: header, path, data, version. */
export function setDataBytes(path: string, dataLength: number): number {
  return HEADER_BYTES + INT_BYTES + encoder.encode(path).length + INT_BYTES + dataLength + INT_BYTES;
}

/** The most data that one setData of this path may carry. @param path with the chroot, as it is sent */
export function dataBytesMax(path: string, juteMaxBuffer: number): number {
  return Math.max(0, juteMaxBuffer - setDataBytes(path, 0));
}

/** The most data that one create of this path may carry; a create also sends the ACL, flags and perhaps a TTL. */
export function createDataBytesMax(
  path: string,
  acl: readonly { readonly id: { readonly scheme: string; readonly id: string } }[],
  juteMaxBuffer: number,
): number {
  const aclBytes = acl.reduce(
    (sum, { id }) => sum + 3 * INT_BYTES + encoder.encode(id.scheme).length + encoder.encode(id.id).length,
    INT_BYTES,
  );
  return Math.max(0, juteMaxBuffer - setDataBytes(path, 0) - aclBytes - 8);
}
