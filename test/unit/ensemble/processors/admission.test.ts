import { describe, expect, test } from 'vitest';
import { Admission, type Admitted } from '../../../../src/ensemble/processors/admission.ts';
import { connectRequestPayload, jute } from '../../../support/raw-client.ts';

const frame = (payload: Uint8Array): Buffer => Buffer.concat([jute.int(payload.length), payload]);
const request = (xid: number, type: number, body: Uint8Array = Buffer.alloc(0)): Buffer =>
  frame(Buffer.concat([jute.int(xid), jute.int(type), body]));
const connect = frame(connectRequestPayload({ timeoutMs: 4000, sessionId: 5n }));
const auth = Buffer.concat([jute.int(0), jute.string('digest'), jute.buffer(Buffer.from('a:b'))]);

/** What comes out when the bytes come in pieces of a size. */
function admit(bytes: Uint8Array, pieceBytes: number, limit = 1000): Admitted[] {
  const admission = new Admission(limit);
  const out: Admitted[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    admission.push(new Uint8Array(bytes.subarray(at, at + pieceBytes)));
    for (let next = admission.next(); next !== null; next = admission.next()) out.push(next);
  }
  return out;
}

describe.each([1, 3, 7, 10_000])('bytes in pieces of %i', (pieceBytes) => {
  test('a conversation', () => {
    const bytes = Buffer.concat([connect, request(1, 4, jute.string('/')), request(-4, 100, auth), request(2, 102, jute.buffer(null)), request(3, -11)]);
    expect(admit(bytes, pieceBytes)).toEqual([
      { kind: 'connect', request: expect.objectContaining({ timeoutMs: 4000, sessionId: 5n, readOnly: false }) as unknown },
      { kind: 'request', xid: 1, type: 4, body: new Uint8Array(jute.string('/')) },
      { kind: 'auth', xid: -4, packet: { type: 0, scheme: 'digest', auth: new Uint8Array(Buffer.from('a:b')) } },
      { kind: 'sasl', xid: 2, token: null },
      { kind: 'request', xid: 3, type: -11, body: new Uint8Array(0) },
    ]);
  });

  test('a word, and nothing after it', () => {
    expect(admit(Buffer.concat([Buffer.from('ruok\r\nruok'), connect]), pieceBytes)).toEqual([{ kind: 'word', word: 'ruok' }]);
  });

  test('four letters that are no word', () => {
    expect(admit(Buffer.from('GET / HTTP/1.1\r\n\r\n'), pieceBytes)).toEqual([
      { kind: 'close', reason: expect.stringContaining('a frame of 1195725856 bytes') as unknown },
    ]);
  });
});

describe('what ends a connection', () => {
  test.each([
    ['a frame above the limit', Buffer.concat([connect, jute.int(1001)]), 'the limit is 1000'],
    ['a negative length', Buffer.concat([connect, jute.int(-5)]), 'a frame of -5 bytes'],
    ['a short connect request', frame(Buffer.alloc(10)), 'truncated'],
    ['a request without a header', Buffer.concat([connect, frame(Buffer.alloc(7))]), 'truncated'],
    ['an auth packet that cannot be read', Buffer.concat([connect, request(-4, 100, jute.int(0))]), 'truncated'],
  ])('%s', (_what, bytes, reason) => {
    expect(admit(Buffer.concat([bytes, request(9, 4)]), 10_000).at(-1)).toEqual({
      kind: 'close', reason: expect.stringContaining(reason) as unknown,
    });
  });

  test.each([0, 10, 99, -1, -100, 13, 20, -10])('operation %i is not for clients', (type) => {
    expect(admit(Buffer.concat([connect, request(1, type), request(2, 4)]), 10_000).slice(1)).toEqual([
      { kind: 'unknown', xid: 1, type },
    ]);
  });

  test('a frame of exactly the limit is taken', () => {
    const bytes = Buffer.concat([connect, request(1, 4, Buffer.alloc(992))]);
    expect(admit(bytes, 10_000)).toHaveLength(2);
    expect(admit(bytes, 10_000, 999).at(-1)?.kind).toBe('close');
  });
});
