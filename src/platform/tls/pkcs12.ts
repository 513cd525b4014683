/**
 * The certificates of a PKCS#12 file that holds nothing else: a trust store as keytool writes it (RFC 7292). Node
 * reads PKCS#12 only together with a key.
 */

import { createDecipheriv, createHash, pbkdf2Sync, X509Certificate } from 'node:crypto';
import { concatBytes, toHex } from '../../base/bytes.ts';
import { derElement, derElements, derOid, DerTag, type DerElement } from '../../base/der.ts';

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  certBag: '1.2.840.113549.1.12.10.1.3',
  pbes2: '1.2.840.113549.1.5.13',
  pbeSha1TripleDes: '1.2.840.113549.1.12.1.3',
} as const;

/** Pseudo-random functions of PBKDF2 by their identifiers; SHA-1 where none is named. */
const PRFS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'], ['1.2.840.113549.2.9', 'sha256'], ['1.2.840.113549.2.10', 'sha384'], ['1.2.840.113549.2.11', 'sha512'],
]);
const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keyBytes: 32 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24 }],
]);
/** Of derivation; more would only keep a starting server busy. */
const ITERATIONS_MAX = 10_000_000;

class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const MALFORMED = 'it is no PKCS#12 file';
const WRONG_PASSWORD = 'the password is wrong';
const OLD = 'it is encrypted in a way that is out of date; make it anew with keytool -importkeystore ... -deststoretype PKCS12, or use PEM';

/** @returns PEM texts; or why there are none, as one clause for a person */
export function pkcs12Certificates(file: Uint8Array, password: string): string[] | string {
  try {
    return contentsOf(file).flatMap((content) => certificatesIn(content, password));
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

/** PFX: version, authSafe, mac. authSafe is data that holds a row of contents. */
function contentsOf(file: Uint8Array): readonly DerElement[] {
  const [, authSafe] = parts(derElement(file));
  const [type, explicit] = parts(authSafe);
  if (oidOf(type) !== OID.data) throw new Unreadable(MALFORMED);
  const [octets] = parts(explicit);
  return parts(derElement(contents(octets)));
}

function certificatesIn(content: DerElement, password: string): string[] {
  const [type, explicit] = parts(content);
  const [body] = parts(explicit);
  if (oidOf(type) === OID.data) return bagsIn(contents(body));
  if (oidOf(type) !== OID.encryptedData) return [];
  const [, info] = parts(body);
  const [, algorithm, encrypted] = parts(info);
  return bagsIn(decrypt(algorithm, cipherText(encrypted), password));
}

/** [0] IMPLICIT OCTET STRING, in one piece or in several. */
function cipherText(element: DerElement | undefined): Uint8Array {
  if (element === undefined) throw new Unreadable(MALFORMED);
  return element.tag === DerTag.context0 ? concatBytes(parts(element).map((piece) => piece.contents)) : element.contents;
}

function bagsIn(bytes: Uint8Array): string[] {
  const out: string[] = [];
  // What a wrong password makes of the text is no row of bags.
  for (const bag of parts(derElement(bytes), WRONG_PASSWORD)) {
    const [type, explicit] = parts(bag, WRONG_PASSWORD);
    if (oidOf(type) !== OID.certBag) continue;
    const [certBag] = parts(explicit);
    const [, value] = parts(certBag);
    const [octets] = parts(value);
    try {
      out.push(new X509Certificate(contents(octets)).toString());
    } catch {
      throw new Unreadable('a certificate in it is damaged');
    }
  }
  return out;
}

function decrypt(algorithm: DerElement | undefined, encrypted: Uint8Array, password: string): Uint8Array {
  const [type, parameters] = parts(algorithm);
  const { cipher, key, iv } = oidOf(type) === OID.pbes2 ? fromPbes2(parameters, password) : fromTripleDes(oidOf(type), parameters, password);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return concatBytes([decipher.update(encrypted), decipher.final()]);
  } catch {
    throw new Unreadable(WRONG_PASSWORD);
  }
}

interface Decryption {
  readonly cipher: string;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** RFC 8018, appendix A: a derivation by PBKDF2, and a cipher. */
function fromPbes2(parameters: DerElement | undefined, password: string): Decryption {
  const [derivation, scheme] = parts(parameters);
  const [, derivationParameters] = parts(derivation);
  const [salt, iterations, ...rest] = parts(derivationParameters);
  const prf = rest.find((element) => element.tag === DerTag.sequence);
  const hash = prf === undefined ? 'sha1' : PRFS.get(oidOf(parts(prf)[0]));
  const [cipherType, iv] = parts(scheme);
  const cipher = CIPHERS.get(oidOf(cipherType));
  if (hash === undefined || cipher === undefined) throw new Unreadable(OLD);
  const key = pbkdf2Sync(password, contents(salt), iterationsOf(iterations), cipher.keyBytes, hash);
  return { cipher: cipher.name, key, iv: contents(iv) };
}

/** RFC 7292, appendix C. Of its other ciphers none is left in OpenSSL. */
function fromTripleDes(type: string, parameters: DerElement | undefined, password: string): Decryption {
  if (type !== OID.pbeSha1TripleDes) throw new Unreadable(OLD);
  const [salt, iterations] = parts(parameters);
  const derive = (purpose: number, bytes: number): Uint8Array => pkcs12Key(password, contents(salt), iterationsOf(iterations), purpose, bytes);
  return { cipher: 'des-ede3-cbc', key: derive(1, 24), iv: derive(2, 8) };
}

const HASH_BYTES = 20;
const BLOCK_BYTES = 64;

/** RFC 7292, appendix B.2, with SHA-1. @param purpose 1 for a key, 2 for an initial vector */
function pkcs12Key(password: string, salt: Uint8Array, iterations: number, purpose: number, bytes: number): Uint8Array {
  const secret = Uint8Array.from([...`${password}\0`.split('').map((unit) => unit.charCodeAt(0))].flatMap((unit) => [unit >> 8, unit & 0xff]));
  const input = concatBytes([filled(salt), filled(secret)]);
  const out: Uint8Array[] = [];
  for (let made = 0; made < bytes; made += HASH_BYTES) {
    let hash: Uint8Array = createHash('sha1').update(new Uint8Array(BLOCK_BYTES).fill(purpose)).update(input).digest();
    for (let i = 1; i < iterations; i++) hash = createHash('sha1').update(hash).digest();
    out.push(hash);
    const addend = filled(hash);
    for (let block = 0; block < input.length; block += BLOCK_BYTES) addWithOne(input.subarray(block, block + BLOCK_BYTES), addend);
  }
  return concatBytes(out).subarray(0, bytes);
}

/** The bytes over and over, up to a whole number of blocks. */
function filled(bytes: Uint8Array): Uint8Array {
  const length = Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES;
  return Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length] as number);
}

/** block = block + addend + 1, as numbers of 64 bytes. */
function addWithOne(block: Uint8Array, addend: Uint8Array): void {
  let carry = 1;
  for (let at = BLOCK_BYTES - 1; at >= 0; at--) {
    carry += (block[at] as number) + (addend[at] as number);
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

function parts(element: DerElement | null | undefined, otherwise = MALFORMED): readonly DerElement[] {
  const found = element == null ? null : derElements(element.contents);
  if (found === null) throw new Unreadable(otherwise);
  return found;
}

function contents(element: DerElement | undefined): Uint8Array {
  if (element === undefined) throw new Unreadable(MALFORMED);
  return element.contents;
}

function oidOf(element: DerElement | undefined): string {
  return element?.tag === DerTag.oid ? derOid(element.contents) ?? '' : '';
}

function iterationsOf(element: DerElement | undefined): number {
  const count = Number(`0x${toHex(contents(element))}`);
  if (!(count >= 1 && count <= ITERATIONS_MAX)) throw new Unreadable(MALFORMED);
  return count;
}
