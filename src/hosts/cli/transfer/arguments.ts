/** The words of transfer commands, each read and checked: sides, credentials, numbers. */

import { InvalidArgumentError } from 'commander';
import { parseConnectString } from '../../../client/connect-string.ts';
import { pathProblem } from '../../../model/zpath.ts';
import { POLICIES, type Policy } from '../../../services/transfer/api.ts';
import type { AuthText, SideText } from './command.ts';

const REQUEST_BYTES_MAX = 0x7fff_ffff;

/** A connect string. @throws InvalidArgumentError */
export function readConnect(text: string): string {
  try {
    parseConnectString(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
  }
  return text;
}

/** The path of a node. @throws InvalidArgumentError */
export function readPath(text: string): string {
  const problem = pathProblem(text);
  if (problem !== null) throw new InvalidArgumentError(`'${text}': ${problem}.`);
  return text;
}

/** A part of a file, relative or with a slash before it. @returns relative @throws InvalidArgumentError */
export function readPart(text: string): string {
  const path = readPath(text.startsWith('/') ? text : `/${text}`);
  return path.slice(1);
}

/** `scheme:credentials` each; digest's are `user:password`. @throws InvalidArgumentError, which does not repeat them */
export function readAuths(texts: readonly string[]): readonly AuthText[] {
  return texts.map((text) => {
    const at = text.indexOf(':');
    const scheme = text.slice(0, at);
    if (at < 1 || !/^[A-Za-z0-9._-]+$/.test(scheme)) throw new InvalidArgumentError('It must be SCHEME:CREDENTIALS, as in digest:user:password.');
    return { scheme, credentials: text.slice(at + 1) };
  });
}

/** Credentials of the environment, one a line. @throws InvalidArgumentError */
export function readAuthVariable(value: string | undefined): readonly AuthText[] {
  return readAuths((value ?? '').split(/\r?\n/).filter((line) => line !== ''));
}

/** @throws InvalidArgumentError */
export function readPolicy(text: string): Policy {
  const policy = POLICIES.find((each) => each === text);
  if (policy === undefined) throw new InvalidArgumentError(`It must be one of ${POLICIES.join(', ')}.`);
  return policy;
}

/** Nodes a second. @throws InvalidArgumentError */
export function readRate(text: string): number {
  const rate = Number(text);
  if (!/^\d{1,9}(\.\d+)?$/.test(text) || rate <= 0) throw new InvalidArgumentError('It must be a number of nodes a second, above 0.');
  return rate;
}

/** Seconds. @returns ms @throws InvalidArgumentError */
export function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,6}(\.\d+)?$/.test(text) || seconds < 0.1) throw new InvalidArgumentError('It must be a number of seconds.');
  return Math.round(seconds * 1000);
}

/** @throws InvalidArgumentError */
export function readBytes(text: string): number {
  const bytes = Number(text);
  if (!/^\d{1,10}$/.test(text) || bytes < 1024 || bytes > REQUEST_BYTES_MAX) throw new InvalidArgumentError(`It must be a number of bytes from 1024 to ${REQUEST_BYTES_MAX}.`);
  return bytes;
}

/**
 * The two sides of `diff`: a file is one word, a subtree two (connect string and path). A connect string never begins
 * with a slash, so that three words are told apart by the second.
 *
 * @throws InvalidArgumentError
 */
export function readSides(words: readonly string[], part: string): readonly [SideText, SideText] {
  const [first = '', second = '', third = '', fourth = ''] = words;
  const file = (name: string): SideText => ({ kind: 'file', file: name, part });
  const live = (connect: string, path: string): SideText => ({ kind: 'live', connect: readConnect(connect), path: readPath(path) });
  if (words.length === 2) return [file(first), file(second)];
  if (words.length === 4) return [live(first, second), live(third, fourth)];
  if (words.length !== 3) throw new InvalidArgumentError('Two sides are needed, each a FILE or a <connect> <path>.');
  return second.startsWith('/') ? [live(first, second), file(third)] : [file(first), live(second, third)];
}
