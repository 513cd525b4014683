import { describe, expect, it } from 'vitest';
import { fromText, lineEndingOf, lineMeasures, readText, withLineEnding } from '../../../src/view/editor/value/text-form.ts';
import { shownMode, editorGuards } from '../../../src/view/editor/value/view-mode.ts';
import { asNumber, detect, textKind } from '../../../src/view/editor/value/value-kind.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A small generator with a fixed seed, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('text and back', () => {
  it.each([
    ['plain', utf8('hello\nworld')],
    ['byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ['only a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf)],
    ['two byte order marks', utf8('\ufeff\ufeffx')],
    ['a mark inside', utf8('a\ufeffb')],
    ['CRLF', utf8('a\r\nb\r\n')],
    ['mixed endings', utf8('a\r\nb\nc\rd')],
    ['NUL and controls', Uint8Array.of(0, 1, 2, 0x1b, 0x7f)],
    ['line separators', utf8('a\u2028b\u2029c\u0085d')],
    ['Chinese and emoji', utf8('配置 🦓')],
    ['non-characters', utf8('\uffff\ufffe')],
  ])('%s round-trips to the byte', (_, bytes) => {
    const form = readText(bytes);
    expect(form).not.toBeNull();
    expect(fromText(form!.text, form!.bom)).toEqual(bytes);
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['a surrogate (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['a cut sequence', [0xe4, 0xb8]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('%s is refused as text', (_, bytes) => {
    expect(readText(Uint8Array.from(bytes))).toBeNull();
  });

  it('either refuses random bytes or gives them back', () => {
    const random = seeded(7);
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 12) }, () =>
        random() < 0.6 ? Math.floor(random() * 128) : Math.floor(random() * 256),
      );
      const form = readText(bytes);
      if (form !== null) expect(fromText(form.text, form.bom)).toEqual(bytes);
    }
  });

  it('tells line endings apart', () => {
    expect(lineEndingOf('one line')).toBe('none');
    expect(lineEndingOf('a\nb\n')).toBe('lf');
    expect(lineEndingOf('a\r\nb')).toBe('crlf');
    expect(lineEndingOf('a\rb\r')).toBe('cr');
    expect(lineEndingOf('a\r\nb\n')).toBe('mixed');
    expect(lineEndingOf('a\n\rb')).toBe('mixed');
    expect(lineEndingOf('a\r\r\n')).toBe('mixed');
  });

  it('converts line endings', () => {
    expect(withLineEnding('a\r\nb\nc\rd', 'lf')).toBe('a\nb\nc\nd');
    expect(withLineEnding('a\r\nb\nc\rd', 'crlf')).toBe('a\r\nb\r\nc\r\nd');
  });

  it('measures lines', () => {
    expect(lineMeasures('')).toEqual({ longest: 0, lines: 1 });
    expect(lineMeasures('ab\r\nabcd\r\na')).toEqual({ longest: 4, lines: 3 });
    expect(lineMeasures('ab\rabc\n')).toEqual({ longest: 3, lines: 3 });
  });

  it('measures a long text without a line break, and one with many, in linear time', () => {
    const begin = performance.now();
    lineMeasures('x'.repeat(3_000_000));
    lineMeasures('x\n'.repeat(1_000_000));
    lineMeasures('x\r'.repeat(500_000));
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});

describe('kinds', () => {
  it.each([
    ['{"a":1}', 'json'],
    ['[1,2]', 'json'],
    ['{not json}', 'text'],
    ['123', 'text'],
    ['true', 'text'],
    ['<?xml version="1.0"?><a/>', 'xml'],
    ['<config><a/></config>', 'xml'],
    ['< 5', 'text'],
    ['a=1\nb = 2\n# note', 'properties'],
    ['server.1=host:2888:3888:participant;0.0.0.0:2181', 'properties'],
    ['a: 1\nb:\n  - x\n  - y', 'yaml'],
    ['---\nname: x', 'yaml'],
    ['hello', 'text'],
    ['Error: it failed', 'text'],
    ['https://host:80/a?b=c', 'text'],
  ])('%s is %s', (text, kind) => {
    expect(textKind(text)).toBe(kind);
    expect(detect(utf8(text)).kind).toBe(kind);
  });

  it('tells null from empty', () => {
    expect(detect(null).kind).toBe('null');
    expect(detect(new Uint8Array(0)).kind).toBe('empty');
  });

  it.each([
    ['gzip', [0x1f, 0x8b, 0x08, 0, 0]],
    ['zlib', [0x78, 0x9c, 0x4b, 0x04]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0x04]],
    ['lz4', [0x04, 0x22, 0x4d, 0x18, 0x64]],
    ['snappy', [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]],
    ['java', [0xac, 0xed, 0x00, 0x05, 0x73]],
    ['hbase', [0xff, 0, 0, 0, 2, 0x61, 0x62, 0x50, 0x42, 0x55, 0x46, 0x0a, 0x01, 0xff]],
    ['counter', [0, 0, 0, 42]],
  ])('binary with a %s hint', (hint, bytes) => {
    const found = detect(Uint8Array.from(bytes));
    expect(found.kind).toBe('binary');
    expect(found.hint).toBe(hint);
  });

  it('reads counters as signed big-endian numbers, from a part of a larger buffer too', () => {
    expect(asNumber(Uint8Array.of(0xff, 0xff, 0xff, 0xfe))).toBe(-2n);
    expect(asNumber(Uint8Array.of(9, 9, 0, 0, 1, 0, 0, 0, 0, 7).subarray(2))).toBe(0x1_0000_0000_07n);
    expect(asNumber(Uint8Array.of(1))).toBeNull();
  });
});

describe('the view of a value', () => {
  const shown = (bytes: Uint8Array | null, mode: Parameters<typeof shownMode>[0]) => shownMode(mode, detect(bytes), bytes?.length ?? 0);

  it('never shows as text what is not UTF-8, whatever was chosen', () => {
    for (const mode of ['auto', 'text', 'json', 'xml', 'yaml', 'properties'] as const) {
      expect(shown(Uint8Array.of(0xff, 0xfe), mode)).toEqual({ mode: 'hex', note: 'notUtf8', textLocked: false });
    }
  });

  it('locks text whose line endings the editor would change', () => {
    expect(shown(utf8('a\r\nb\n'), 'auto')).toEqual({ mode: 'text', note: 'mixedLineEndings', textLocked: true });
    expect(shown(utf8('a\rb\r'), 'text')).toEqual({ mode: 'text', note: 'oldMacLineEndings', textLocked: true });
    expect(shown(utf8('a\r\nb\r\n'), 'auto').textLocked).toBe(false);
  });

  it('opens control characters as hex, and as text when asked', () => {
    expect(shown(Uint8Array.of(0, 0, 0, 1), 'auto').mode).toBe('hex');
    expect(shown(Uint8Array.of(0, 0, 0, 1), 'text').mode).toBe('text');
  });

  it('opens very large text as hex, and as text when asked', () => {
    const large = new Uint8Array(5 * 1024 * 1024).fill(0x61);
    expect(shown(large, 'auto')).toMatchObject({ mode: 'hex', note: 'huge' });
    expect(shown(large, 'text').mode).toBe('text');
  });

  it('switches colours and wrapping off for a huge line, and colours for a huge text', () => {
    expect(editorGuards('short')).toEqual({ language: true, wrap: true });
    expect(editorGuards('x'.repeat(800_000))).toEqual({ language: false, wrap: false });
    expect(editorGuards('line of text\n'.repeat(200_000))).toEqual({ language: false, wrap: true });
    expect(editorGuards('line of text\n'.repeat(5_000))).toEqual({ language: true, wrap: true });
  });
});
