import { describe, expect, it } from 'vitest';
import { formatJson, jsonProblem, minifyJson } from '../../../src/view/editor/value/json-text.ts';
import { xmlProblem } from '../../../src/view/editor/value/xml-text.ts';

describe('JSON', () => {
  const valid = [
    '{}', '[]', ' null ', '"x"', '-0.5e+10', '[1,2,{"a":[]}]', '{"a":{"b":[true,false,null]}}', '"\\u00e9\\n\\/"', '[[[[]]]]', '"\u2028"',
  ];
  const invalid = [
    '', '  ', '{', '[1,]', '{"a":1,}', "{'a':1}", '{a:1}', '[1 2]', '{"a" 1}', '01', '1.', '.5', '+1', 'tru', 'nullx', '"\n"', '"\\x"',
    '{}{}', '[}', '1 2', '"open', '{"a":}', ':', ',', 'NaN', '\ufeff{}', '{"a":1]', '-', '1e', '"\\u12g4"',
  ];

  it.each(valid)('%s is right, as JSON.parse says', (text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(jsonProblem(text)).toBeNull();
    expect(JSON.parse(formatJson(text)!)).toEqual(JSON.parse(text));
    expect(JSON.parse(minifyJson(text)!)).toEqual(JSON.parse(text));
  });

  it.each(invalid)('%j is wrong, as JSON.parse says', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(jsonProblem(text)).not.toBeNull();
    expect(formatJson(text)).toBeNull();
    expect(minifyJson(text)).toBeNull();
  });

  it('says where', () => {
    expect(jsonProblem('{\n  "a": 1,\n  b: 2\n}')).toEqual({ fault: 'key', at: 14, line: 3, column: 3 });
    expect(jsonProblem('[1,')).toMatchObject({ fault: 'end', line: 1, column: 4 });
    expect(jsonProblem('{} x')).toMatchObject({ fault: 'trailing', column: 4 });
    expect(jsonProblem('{} []')).toMatchObject({ fault: 'trailing', column: 4 });
  });

  it('keeps long numbers, doubled keys, escapes and order as they are', () => {
    const text = '{"id":12345678901234567890.10,"a":1,"a":2,"\\u0041":"\\/","big":1E400}';
    const laidOut = formatJson(text)!;
    expect(laidOut).toBe(
      '{\n  "id": 12345678901234567890.10,\n  "a": 1,\n  "a": 2,\n  "\\u0041": "\\/",\n  "big": 1E400\n}',
    );
    expect(minifyJson(laidOut)).toBe(text);
  });

  it('lays out as JSON.stringify does', () => {
    const value = { a: [1, [], {}, { b: null }], c: 'x', d: [[1], [2, [3]]] };
    expect(formatJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(formatJson('{"a":1}', '\r\n')).toBe('{\r\n  "a": 1\r\n}');
  });

  it('survives deep nesting and 800 kB in one line, quickly', () => {
    expect(jsonProblem('['.repeat(20_000))).toMatchObject({ fault: 'deep' });
    const line = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: `node-${id}`, tags: ['a', 'b'] })));
    expect(line.length).toBeGreaterThan(800_000);
    const begin = performance.now();
    expect(jsonProblem(line)).toBeNull();
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});

describe('XML', () => {
  it.each([
    '<a/>', '<?xml version="1.0" encoding="UTF-8"?>\n<a b="1" c=\'2\'>x &amp; &#10; &#xA;<b/></a>', '<a><!-- < & --><![CDATA[ <&> ]]></a>',
    '<!DOCTYPE a [<!ELEMENT a ANY>]><a/>', '<n:a xmlns:n="u"><n:b/></n:a>', '<a\n  b="1"\n/>', '<配置/>',
  ])('%s is well-formed', (text) => expect(xmlProblem(text)).toBeNull());

  it.each([
    ['', 'empty'], ['text', 'text'], ['<a>', 'unclosed'], ['<a></b>', 'mismatch'], ['</a>', 'mismatch'], ['<a/><b/>', 'roots'],
    ['<a b=1/>', 'attribute'], ['<a b="1" b="2"/>', 'doubled'], ['<a>&nope</a>', 'reference'], ['<a><!-- x</a>', 'comment'],
    ['<a/>\n<?xml version="1.0"?>', 'declaration'], ['<1/>', 'tag'],
  ])('%s: %s', (text, fault) => expect(xmlProblem(text)?.fault).toBe(fault));

  it('says where', () => expect(xmlProblem('<a>\n <b>\n </c>\n</a>')).toMatchObject({ line: 3, column: 2 }));
});
