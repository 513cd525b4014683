/**
 * Certificates for tests, made by the openssl command: an authority and what it signs. Needs the part `openssl`.
 * Out: files in a temporary directory that goes with the test process, and their texts.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './process-guard.ts';
import { requireParts } from './requirements.ts';

export interface Certificate {
  /** PEM texts. */
  readonly key: string;
  readonly certificate: string;
  readonly keyFile: string;
  readonly certificateFile: string;
  /** The key and the certificate in one file, as a PEM key store has them. */
  readonly pemFile: string;
}

export interface IssueOptions {
  /** OpenSSL's form, such as `/O=Test/CN=alice`; `+` joins parts of one name. */
  readonly subject: string;
  /** Which kinds of text the name may be written in: `utf8only`, `nombstr`, `default`, or a number. */
  readonly stringMask?: string;
  /** subjectAltName */
  readonly names?: string;
  /** In days from now; below 0: it has run out. */
  readonly days?: number;
  /** extendedKeyUsage */
  readonly usage?: string;
  /** Protects the key. */
  readonly password?: string;
}

export class Authority {
  readonly directory: string;
  readonly own: Certificate;
  #count = 0;

  constructor(subject = '/O=Zooscope tests/CN=Authority') {
    this.directory = temporaryDirectory('zooscope-tls-');
    this.own = this.#make({ subject, days: 30 }, null);
  }

  /** A certificate that the authority signs. */
  issue(options: IssueOptions): Certificate {
    return this.#make(options, this.own);
  }

  /** Runs openssl in the authority's directory. */
  openssl(args: readonly string[], input = ''): string {
    const { command } = requireParts('openssl').openssl;
    return execFileSync(command, args, { cwd: this.directory, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Runs the keytool that belongs to Java. */
  keytool(args: readonly string[]): void {
    const { command } = requireParts('java').java;
    execFileSync(command.replace(/java([^/\\]*)$/, 'keytool$1'), args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A file of the authority's directory. */
  file(name: string, text?: string): string {
    const path = join(this.directory, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  }

  /** A PKCS#12 file: with a key, or with certificates alone. @param more options of `openssl pkcs12` */
  pkcs12(of: Certificate, password: string, what: 'key' | 'certificates', more: readonly string[] = []): string {
    this.#count++;
    const file = this.file(`store-${this.#count}.p12`);
    const source = what === 'key' ? ['-inkey', of.keyFile, '-in', of.certificateFile] : ['-nokeys', '-in', of.certificateFile];
    this.openssl(['pkcs12', '-export', ...source, '-out', file, '-passout', `pass:${password}`, ...more]);
    return file;
  }

  #make(options: IssueOptions, signer: Certificate | null): Certificate {
    this.#count++;
    const at = (end: string): string => this.file(`${this.#count}${end}`);
    const [keyFile, certificateFile, pemFile] = [at('.key'), at('.crt'), at('.pem')];
    const cipher = options.password === undefined ? [] : ['-aes256', '-pass', `pass:${options.password}`];
    this.openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', keyFile, ...cipher]);
    const extensions = [
      `basicConstraints=critical,CA:${signer === null ? 'TRUE' : 'FALSE'}`,
      ...(options.names === undefined ? [] : [`subjectAltName=${options.names}`]),
      ...(options.usage === undefined ? [] : [`extendedKeyUsage=${options.usage}`]),
    ];
    const config = this.file(`${this.#count}.cnf`, [
      '[req]', 'distinguished_name=name', `string_mask=${options.stringMask ?? 'utf8only'}`, 'utf8=yes', '[name]', '[extensions]', ...extensions, '',
    ].join('\n'));
    const request = at('.csr');
    const phrase = options.password === undefined ? [] : ['-passin', `pass:${options.password}`];
    this.openssl(['req', '-new', '-utf8', '-multivalue-rdn', '-config', config, '-key', keyFile, ...phrase, '-subj', options.subject, '-out', request]);
    const signing = signer === null ? ['-key', keyFile] : ['-CA', signer.certificateFile, '-CAkey', signer.keyFile, '-CAcreateserial'];
    this.openssl([
      'x509', '-req', '-in', request, ...signing, '-days', String(options.days ?? 30), '-sha256',
      '-extfile', config, '-extensions', 'extensions', '-out', certificateFile,
    ]);
    const [key, certificate] = [readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')];
    writeFileSync(pemFile, key + certificate);
    return { key, certificate, keyFile, certificateFile, pemFile };
  }
}
