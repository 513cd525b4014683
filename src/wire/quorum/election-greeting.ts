/**
 * The first words on an election connection (facts 5.2; QuorumCnxManager.InitialMessage): the caller says which server
 * it is and where it can be called back. The other side sends no greeting.
 */

import { NO_BYTES, concatBytes } from '../../base/bytes.ts';
import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { JuteReader } from '../jute/jute-reader.ts';
import { JuteWriter } from '../jute/jute-writer.ts';
import { QuorumWireError, TLS_RECORD_START, tlsNotSpoken } from './quorum-wire-error.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface Greeting {
  /** 0: the form before 3.5, a bare server id. 1: one address. 2: several (multiAddress.enabled). */
  readonly version: 0 | 1 | 2;
  readonly sid: bigint;
  /** Where the caller listens; addresses that stand for every address of a machine are left out. */
  readonly addresses: readonly HostPort[];
}

const VERSIONS: ReadonlyMap<bigint, 1 | 2> = new Map([
  [-65_536n, 1],
  [-65_535n, 2],
]);
const VERSION_NUMBERS = { 1: -65_536n, 2: -65_535n } as const;
/** QuorumCnxManager.maxBuffer */
const ADDRESS_BYTES_MAX = 2048;
const PORT_MAX = 65_535;

/** The bytes of a greeting. */
export function encodeGreeting(greeting: Greeting): Uint8Array {
  const writer = new JuteWriter();
  if (greeting.version === 0) {
    writer.long(greeting.sid);
    return writer.finish();
  }
  const listed = greeting.version === 1 ? greeting.addresses.slice(0, 1) : greeting.addresses;
  writer.long(VERSION_NUMBERS[greeting.version]);
  writer.long(greeting.sid);
  writer.buffer(encodeUtf8(listed.map(formatHostPort).join('|')));
  return writer.finish();
}

/** `host:port`, an IPv6 address in brackets (NetUtils.formatInetAddr). */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Collects the bytes of a greeting from the chunks of a socket. */
export class GreetingReader {
  #bytes: Uint8Array = NO_BYTES;

  /**
   * @returns the greeting and the bytes after it; null when more is needed
   * @throws QuorumWireError GreetingVersion, GreetingLength, GreetingAddress
   */
  push(chunk: Uint8Array): { readonly greeting: Greeting; readonly rest: Uint8Array } | null {
    this.#bytes = this.#bytes.length === 0 ? chunk : concatBytes([this.#bytes, chunk]);
    const bytes = this.#bytes;
    if (bytes.length < 8) return null;
    const reader = new JuteReader(bytes);
    const first = reader.long();
    if (first >> 48n === BigInt(TLS_RECORD_START)) throw tlsNotSpoken('GreetingVersion');
    if (first >= 0n) return { greeting: { version: 0, sid: first, addresses: [] }, rest: bytes.subarray(8) };
    const version = VERSIONS.get(first);
    if (version === undefined) throw new QuorumWireError('GreetingVersion', `a greeting of version ${first}`);
    if (bytes.length < 20) return null;
    const sid = reader.long();
    const length = reader.int();
    if (length <= 0 || length > ADDRESS_BYTES_MAX) {
      throw new QuorumWireError('GreetingLength', `a greeting of server ${sid} with ${length} bytes of address`);
    }
    if (reader.remaining < length) return null;
    const addresses = parseAddresses(decodeUtf8(reader.raw(length)));
    return { greeting: { version, sid, addresses }, rest: bytes.subarray(20 + length) };
  }

  /** The connection ended. @throws QuorumWireError GreetingTruncated */
  end(): void {
    throw new QuorumWireError('GreetingTruncated', `the connection ended ${this.#bytes.length} bytes into its greeting`);
  }
}

/** @throws QuorumWireError GreetingAddress */
function parseAddresses(text: string): HostPort[] {
  return text
    .split('|')
    .map(parseHostPort)
    .filter(({ host }) => !isWildcard(host));
}

/** @throws QuorumWireError GreetingAddress */
function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([+-]?\d{1,10})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || !(port >= 0 && port <= PORT_MAX)) {
    throw new QuorumWireError('GreetingAddress', `${JSON.stringify(text)} in a greeting is no host:port`);
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** An address that stands for all of a machine's says nothing to another machine. */
function isWildcard(host: string): boolean {
  return /^0+(\.0+){0,3}$/.test(host) || /^[0:]*:[0:]*$/.test(host) || host === '';
}
