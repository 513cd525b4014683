/** Message digests, handed in by the host. */

export interface MessageDigests {
  /**
   * @param algorithm Java's name, such as SHA1, SHA-256, SHA3-256
   * @returns null when the algorithm is not known
   */
  digest(algorithm: string, bytes: Uint8Array): Uint8Array | null;
}
