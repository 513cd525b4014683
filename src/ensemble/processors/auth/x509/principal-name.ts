/**
 * The name of a certificate's owner in the form that Java gives it, which is the id of the x509 scheme
 * (X509AuthenticationProvider.getClientId; X500Principal.getName(), RFC 2253 section 2): the last part first, few
 * words for attributes and numbers for all others, whose values then stand as the hex of their DER.
 */

import { toHex } from '../../../../base/bytes.ts';
import { DerTag, derElement, derElements, derOid, type DerElement } from '../../../../base/der.ts';
import { decodeUtf8 } from '../../../../base/text.ts';

/** The attributes that RFC 2253 has words for. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
]);

/** PrintableString, T61String, IA5String, GeneralString, BMPString and UTF8String; Java reads all of them as UTF-8. */
const TEXT_TAGS: ReadonlySet<number> = new Set([0x13, 0x14, 0x16, 0x1b, 0x1e, DerTag.utf8String]);
const ESCAPED = /[,=+<>#;"\\]/g;
/** Where the subject stands among the fields of a certificate, which may begin with a version. */
const SUBJECT_AFTER_VERSION = 4;

/**
 * The owner's name from a certificate.
 *
 * @param certificate in DER
 * @returns null when it is no certificate
 */
export function certificateOwner(certificate: Uint8Array): string | null {
  const toBeSigned = derElement(derElement(certificate)?.contents ?? certificate);
  const fields = toBeSigned === null ? null : derElements(toBeSigned.contents);
  const hasVersion = fields?.[0]?.tag === DerTag.context0;
  const subject = fields?.[SUBJECT_AFTER_VERSION + (hasVersion ? 1 : 0)];
  return subject?.tag === DerTag.sequence ? principalName(subject.contents) : null;
}

/**
 * A name from the elements of its SEQUENCE.
 *
 * @returns null when it is malformed
 */
export function principalName(contents: Uint8Array): string | null {
  const sets = derElements(contents);
  if (sets === null) return null;
  const parts: string[] = [];
  for (const set of sets) {
    const attributes = derElements(set.contents)?.map(attributeText);
    if (attributes === undefined || attributes.length === 0 || attributes.includes(null)) return null;
    parts.push(attributes.join('+'));
  }
  return parts.reverse().join(',');
}

function attributeText(attribute: DerElement): string | null {
  const [type, value] = derElements(attribute.contents) ?? [];
  const oid = type?.tag === DerTag.oid ? derOid(type.contents) : null;
  if (oid === null || value === undefined) return null;
  const word = WORDS.get(oid);
  if (word === undefined || !TEXT_TAGS.has(value.tag)) return `${word ?? oid}=#${toHex(value.bytes)}`;
  return `${word}=${escaped(decodeUtf8(value.contents))}`;
}

/** Blanks and carriage returns are escaped where they stand at an end (sun.security.x509.AVA.toRFC2253String). */
function escaped(text: string): string {
  const inner = text.replace(ESCAPED, '\\$&').replaceAll('\0', '\\00');
  const lead = /^[ \r]*/.exec(inner)?.[0].length ?? 0;
  const end = inner.length - (/[ \r]*$/.exec(inner)?.[0].length ?? 0);
  const guarded = (part: string): string => part.replace(/[^]/g, '\\$&');
  return lead >= end ? guarded(inner) : guarded(inner.slice(0, lead)) + inner.slice(lead, end) + guarded(inner.slice(end));
}
