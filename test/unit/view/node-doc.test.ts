import { describe, expect, it } from 'vitest';
import {
  afterGone, afterRead, afterReadFailure, afterStat, afterWrite, dataOf, edited, isDirty, newDoc, rebasedOnto, reverted, sameData,
} from '../../../src/view/stores/node-doc.ts';
import { bytesOf, failed, valueOf } from './fake-api.ts';

const read = (text: string | null, version: number) => afterRead(newDoc('c', '/a'), valueOf(text, version));
const shown = (doc: ReturnType<typeof read>): string | null => {
  const data = dataOf(doc);
  return data === null ? null : new TextDecoder().decode(data);
};

describe('an open node', () => {
  it('tells null from empty', () => {
    expect(sameData(null, new Uint8Array(0))).toBe(false);
    const doc = read(null, 0);
    expect(isDirty(edited(doc, bytesOf('')))).toBe(true);
    expect(isDirty(edited(edited(doc, bytesOf('')), null))).toBe(false);
  });

  it('follows the server while it is not edited, and counts the changes', () => {
    const doc = afterRead(read('one', 0), valueOf('two', 1));
    expect(shown(doc)).toBe('two');
    expect(doc.refreshes).toBe(1);
    expect(afterRead(doc, valueOf('two', 2)).refreshes).toBe(1);
  });

  it('keeps an edit whatever is read, and holds the other value beside it', () => {
    const doc = afterRead(edited(read('one', 0), bytesOf('mine')), valueOf('theirs', 1));
    expect(shown(doc)).toBe('mine');
    expect(doc.base?.stat.version).toBe(0);
    expect(doc.theirs?.stat.version).toBe(1);
    expect(shown(reverted(doc))).toBe('theirs');
  });

  it('shows the banner again for a newer value than the one that was seen', () => {
    const seen = { ...afterRead(edited(read('one', 0), bytesOf('mine')), valueOf('two', 1)), theirsSeen: true };
    expect(afterRead(seen, valueOf('two', 1)).theirsSeen).toBe(true);
    expect(afterRead(seen, valueOf('three', 2)).theirsSeen).toBe(false);
  });

  it('ends the edit when the server already has the same data', () => {
    const doc = afterRead(edited(read('one', 0), bytesOf('same')), valueOf('same', 1));
    expect(isDirty(doc)).toBe(false);
    expect(doc.base?.stat.version).toBe(1);
  });

  it('takes a node that was made again for another one, although versions are equal', () => {
    const doc = edited(read('one', 0), bytesOf('mine'));
    const other = valueOf('other', 0, { mzxid: 500n });
    expect(afterRead(doc, { ...other, stat: { ...other.stat, czxid: 500n } }).theirs).not.toBeNull();
  });

  it('goes back to the newer value when the edit is undone by typing', () => {
    const doc = afterRead(edited(read('one', 0), bytesOf('mine')), valueOf('two', 1));
    const undone = edited(doc, bytesOf('one'));
    expect(isDirty(undone)).toBe(false);
    expect(shown(undone)).toBe('two');
  });

  it('keeps what was typed while the save ran, on top of what was saved', () => {
    const typing = edited({ ...edited(read('one', 0), bytesOf('sent')), busy: 'saving' }, bytesOf('sent and more'));
    const doc = afterWrite(typing, bytesOf('sent'), { kind: 'written', stat: valueOf('', 1).stat, read: valueOf('', 1).read });
    expect(shown(doc)).toBe('sent and more');
    expect(doc.base?.stat.version).toBe(1);
    expect(shown(reverted(doc))).toBe('sent');
  });

  it('loses neither value in a conflict, and saves over exactly the value that was compared', () => {
    const doc = afterWrite(edited(read('one', 0), bytesOf('mine')), bytesOf('mine'), { kind: 'conflict', current: valueOf('theirs', 5) });
    expect(shown(doc)).toBe('mine');
    expect(doc.conflict?.stat.version).toBe(5);
    const merged = rebasedOnto(doc, doc.conflict!);
    expect(shown(merged)).toBe('mine');
    expect(merged.base?.stat.version).toBe(5);
  });

  it('keeps everything when the node goes', () => {
    const doc = afterGone(edited(read('one', 0), bytesOf('mine')));
    expect([doc.gone, shown(doc), isDirty(doc)]).toEqual([true, 'mine', true]);
    expect(afterReadFailure(read('one', 0), failed('NoNode').failure).gone).toBe(true);
    expect(afterReadFailure(newDoc('c', '/a'), failed('NoNode').failure)).toMatchObject({ gone: false, failure: { code: 'NoNode' } });
    expect(afterWrite(doc, bytesOf('mine'), { kind: 'gone' }).gone).toBe(true);
  });

  it('keeps an edit through failed reads', () => {
    const doc = afterReadFailure(edited(read('one', 0), bytesOf('mine')), failed('ConnectionLoss').failure);
    expect(shown(doc)).toBe('mine');
    expect(doc.failure?.code).toBe('ConnectionLoss');
  });

  it('takes a Stat only when it speaks of the same data', () => {
    const doc = read('one', 3);
    const newer = valueOf('x', 4);
    expect(afterStat(doc, newer.stat, newer.read)).toBe(doc);
    const grown = { ...doc.base!.stat, numChildren: 9 };
    expect(afterStat(doc, grown, newer.read).base?.stat.numChildren).toBe(9);
  });
});
