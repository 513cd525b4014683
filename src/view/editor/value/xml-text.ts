/**
 * Whether a text is well-formed XML, as far as a person editing configuration needs to know: tags match, attributes
 * are quoted and not doubled, references are known or numeric, there is one root. Document types are skipped, not read.
 */

import { lineAndColumn, type TextProblem } from './json-text.ts';

export type XmlFault = 'empty' | 'text' | 'tag' | 'attribute' | 'doubled' | 'mismatch' | 'unclosed' | 'reference' | 'comment' | 'roots' | 'declaration';
export type XmlProblem = TextProblem<XmlFault>;

const NAME = '[A-Za-z_:\\u00c0-\\uffff][\\w:.\\-\\u00b7-\\uffff]*';
const OPEN = new RegExp(`<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^<"]*"|'[^<']*'))*)\\s*(/?)>`, 'y');
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'y');
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"[^"]*"|'[^']*')`, 'g');
const REFERENCE = new RegExp(`&(?!(?:${NAME}|#\\d+|#x[0-9a-fA-F]+);)`);
const PLAIN_NAME = new RegExp(`^<${NAME}`);

type Fault = { readonly fault: XmlFault; readonly at: number };

/** Why a text is no well-formed XML, or null when it is. */
export function xmlProblem(text: string): XmlProblem | null {
  const fault = check(text);
  return fault === null ? null : { ...fault, ...lineAndColumn(text, fault.at) };
}

function check(text: string): Fault | null {
  const open: { name: string; at: number }[] = [];
  let roots = 0;
  let at = 0;
  while (at < text.length) {
    const tag = text.indexOf('<', at);
    const end = tag === -1 ? text.length : tag;
    const between = textFault(text, at, end, open.length === 0);
    if (between !== null) return between;
    if (tag === -1) break;
    const skipped = skipSpecial(text, tag);
    if (typeof skipped === 'object' && skipped !== null) return skipped;
    if (typeof skipped === 'number') {
      at = skipped;
      continue;
    }
    const closing = matchAt(CLOSE, text, tag);
    if (closing !== null) {
      const top = open.pop();
      if (top?.name !== closing[1]) return { fault: 'mismatch', at: tag };
      at = CLOSE.lastIndex;
      continue;
    }
    const opening = matchAt(OPEN, text, tag);
    if (opening === null) return { fault: PLAIN_NAME.test(text.slice(tag, tag + 200)) ? 'attribute' : 'tag', at: tag };
    if (hasDoubled(opening[2] ?? '')) return { fault: 'doubled', at: tag };
    if (open.length === 0 && ++roots > 1) return { fault: 'roots', at: tag };
    if (opening[3] === '') open.push({ name: opening[1] as string, at: tag });
    at = OPEN.lastIndex;
  }
  const left = open.at(-1);
  if (left !== undefined) return { fault: 'unclosed', at: left.at };
  return roots === 0 ? { fault: 'empty', at: 0 } : null;
}

/** Passes a comment, CDATA, instruction or document type: where it ends, what is wrong with it, or null when it is none. */
function skipSpecial(text: string, at: number): number | Fault | null {
  const past = (mark: string, from: number, fault: XmlFault): number | Fault => {
    const end = text.indexOf(mark, from);
    return end === -1 ? { fault, at } : end + mark.length;
  };
  if (text.startsWith('<!--', at)) return past('-->', at + 4, 'comment');
  if (text.startsWith('<![CDATA[', at)) return past(']]>', at + 9, 'comment');
  if (text.startsWith('<?xml ', at) && text.slice(0, at).trim() !== '') return { fault: 'declaration', at };
  if (text.startsWith('<?', at)) return past('?>', at + 2, 'declaration');
  if (!text.startsWith('<!DOCTYPE', at)) return null;
  const inner = text.indexOf('[', at);
  const end = text.indexOf('>', at);
  return inner !== -1 && inner < end ? past('>', text.indexOf(']', inner), 'declaration') : past('>', at, 'declaration');
}

function textFault(text: string, from: number, to: number, outside: boolean): Fault | null {
  const part = text.slice(from, to);
  if (outside && part.trim() !== '') return { fault: 'text', at: from + part.search(/\S/) };
  const reference = REFERENCE.exec(part);
  return reference === null ? null : { fault: 'reference', at: from + reference.index };
}

function hasDoubled(attributes: string): boolean {
  const names = [...attributes.matchAll(ATTRIBUTE)].map((match) => match[1]);
  return new Set(names).size !== names.length;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
