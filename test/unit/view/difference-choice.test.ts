import { describe, expect, test } from 'vitest';
import { chosenNodes, hasTickAbove, isTicked, type ChoosableDifference } from '../../../src/view/base/difference-choice.ts';
import { differenceRows } from '../../../src/view/base/difference-tree.ts';

const item = (path: string, action: string): ChoosableDifference => ({ path, action });
const ITEMS = [
  item('config', 'change'), item('config/db', 'create'), item('config/db/replica', 'create'), item('config/old', 'remove'), item('limits', 'change'),
];
const paths = (chosen: readonly { path: string; below: boolean }[]): string[] => chosen.map(({ path, below }) => `${path}${below ? '/**' : ''}`);

describe('what is ticked in a comparison', () => {
  test('a branch stands for all that is shown below it, node by node', () => {
    expect(paths(chosenNodes(ITEMS, new Set(['config']), 'remove', true))).toEqual(['config', 'config/db', 'config/db/replica', 'config/old']);
    expect(paths(chosenNodes(ITEMS, new Set(['']), 'remove', true))).toHaveLength(ITEMS.length);
  });

  test('what the written side lacks above a node comes with it, once, and before it', () => {
    expect(paths(chosenNodes(ITEMS, new Set(['config/db/replica']), 'create', true))).toEqual(['config/db', 'config/db/replica']);
    // The other side has it: it is taken away there, and nothing above it is touched.
    expect(paths(chosenNodes(ITEMS, new Set(['config/db/replica']), 'remove', true))).toEqual(['config/db/replica']);
  });

  test('where not all is shown, a branch stands for everything below it', () => {
    expect(paths(chosenNodes(ITEMS, new Set(['config', 'config/db', 'limits']), 'create', false))).toEqual(['config/**', 'limits/**']);
  });

  test('a node below a ticked branch is ticked, and says so', () => {
    const ticked = new Set(['config']);
    expect([isTicked(ticked, 'config'), isTicked(ticked, 'config/db/replica'), isTicked(ticked, 'configuration')]).toEqual([true, true, false]);
    expect([hasTickAbove(ticked, 'config'), hasTickAbove(ticked, 'config/db')]).toEqual([false, true]);
    expect(hasTickAbove(new Set(['']), 'limits')).toBe(true);
    expect(hasTickAbove(new Set(['']), '')).toBe(false);
  });
});

describe('the tree of differences', () => {
  const shown = (closed: readonly string[]): string[] =>
    differenceRows(ITEMS, new Set(closed), 'root').map(({ depth, name, below, item: own }) => `${'.'.repeat(depth)}${name}${own === null ? '' : '*'} ${below}`);

  test('counts what is below each branch, and marks what differs itself', () => {
    expect(shown([])).toEqual(['root 5', '.config* 3', '..db* 1', '...replica* 0', '..old* 0', '.limits* 0']);
  });

  test('a closed branch keeps its count', () => {
    expect(shown(['config'])).toEqual(['root 5', '.config* 3', '.limits* 0']);
    expect(shown([''])).toEqual(['root 5']);
  });

  test('twenty thousand differences in one node are laid out', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => item(`wide/n-${i}`, 'change'));
    expect(differenceRows(many, new Set(), 'root')).toHaveLength(20_002);
    expect(chosenNodes(many, new Set(['wide']), 'create', true)).toHaveLength(20_000);
  });
});
