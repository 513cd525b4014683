import { describe, expect, test } from 'vitest';
import { PROFILE_DEFAULTS, type Profile } from '../../../src/contract/connections.ts';
import {
  canGo, closeOthers, closeTab, goInHistory, HISTORY_MAX, keepTab, markDirty, neighbour, NO_TABS, openTab, type TabSet,
} from '../../../src/view/base/tab-set.ts';
import { draftOfForm, formOf, newAuth, problemsOf } from '../../../src/view/components/connection/draft-form.ts';
import { groupProfiles, matchesSearch } from '../../../src/view/components/start/profile-groups.ts';
import { DEFAULT_LAYOUT, loadLayout, saveLayout } from '../../../src/view/stores/layout.ts';

const paths = (set: TabSet): string[] => set.tabs.map(({ path, preview, dirty }) => `${path}${preview ? '~' : ''}${dirty ? '*' : ''}`);
const opened = (...steps: readonly [string, boolean][]): TabSet => steps.reduce((set, [path, keep]) => openTab(set, path, keep), NO_TABS);

describe('open tabs', () => {
  test('a preview gives way to the next one, in its place', () => {
    expect(paths(opened(['/a', true], ['/b', false], ['/c', false]))).toEqual(['/a', '/c~']);
    expect(paths(opened(['/a', false], ['/a', true], ['/b', false]))).toEqual(['/a', '/b~']);
  });

  test('a new tab stands right of the active one', () => {
    const set = openTab(opened(['/a', true], ['/b', true]), '/a', false);
    expect(paths(openTab(set, '/c', true))).toEqual(['/a', '/c', '/b']);
  });

  test('an edited preview stays', () => {
    const set = markDirty(opened(['/a', false]), '/a', true);
    expect(paths(openTab(set, '/b', false))).toEqual(['/a*', '/b~']);
  });

  test('closing the active tab shows its right neighbour, else its left one', () => {
    const set = opened(['/a', true], ['/b', true], ['/c', true]);
    expect(closeTab(openTab(set, '/b', false), '/b').active).toBe('/c');
    expect(closeTab(set, '/c').active).toBe('/b');
    expect(closeTab(opened(['/a', true]), '/a').active).toBeNull();
  });

  test('closing the others spares what is not saved', () => {
    const set = markDirty(opened(['/a', true], ['/b', true], ['/c', true]), '/a', true);
    expect(paths(closeOthers(set, '/c'))).toEqual(['/a*', '/c']);
    expect(paths(closeOthers(set, null))).toEqual(['/a*']);
  });

  test('back and forward lead through what was visited; a closed one opens as a preview', () => {
    const set = closeTab(opened(['/a', true], ['/b', true], ['/c', true]), '/a');
    const back = goInHistory(goInHistory(set, -1), -1);
    expect([back.active, paths(back)]).toEqual(['/a', ['/b', '/a~', '/c']]);
    expect([canGo(back, -1), canGo(back, 1)]).toEqual([false, true]);
    expect(goInHistory(back, 1).active).toBe('/b');
    expect(openTab(back, '/new', true).history).toEqual(['/a', '/new']);
  });

  test('whatever is done, at most one preview, one tab for a path, and the active path has a tab', () => {
    let state = 7;
    const pick = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let set = NO_TABS;
    for (let i = 0; i < 2_000; i++) {
      const path = `/${pick(8)}`;
      const steps = [
        () => openTab(set, path, false), () => openTab(set, path, true), () => closeTab(set, path), () => keepTab(set, path),
        () => markDirty(set, path, pick(2) === 0), () => goInHistory(set, pick(2) === 0 ? -1 : 1), () => closeOthers(set, pick(3) === 0 ? null : path),
        () => openTab(set, neighbour(set, 1) ?? path, false),
      ];
      set = (steps[pick(steps.length)] ?? steps[0])?.() ?? set;
      expect(set.tabs.filter(({ preview }) => preview).length).toBeLessThanOrEqual(1);
      expect(set.tabs.some(({ preview, dirty }) => preview && dirty)).toBe(false);
      expect(new Set(set.tabs.map((tab) => tab.path)).size).toBe(set.tabs.length);
      expect(set.active === null ? set.tabs.length : set.tabs.some((tab) => tab.path === set.active)).toEqual(set.active === null ? 0 : true);
      expect(set.history.length).toBeLessThanOrEqual(HISTORY_MAX);
    }
  });
});

const profile = (id: string, fields: Partial<Profile> = {}): Profile => ({
  ...PROFILE_DEFAULTS, id, name: id, auth: [], labId: null, lastOpenedMs: null, ...fields,
});

describe('the form of a connection', () => {
  const draft = { ...PROFILE_DEFAULTS, id: 'p1', name: 'orders', auth: [{ id: 'a1', scheme: 'digest', user: 'ann' }] };

  test('saved unchanged, it is what it was, and says nothing of the secret', () => {
    const form = formOf(draft, ['a1']);
    expect(problemsOf(form).size).toBe(0);
    expect(draftOfForm(form)).toEqual(draft);
    expect(draftOfForm(form).auth[0]).not.toHaveProperty('secret');
  });

  test('a secret is replaced by typing, and forgotten on demand', () => {
    const form = formOf(draft, ['a1']);
    const entry = form.auth[0];
    if (entry === undefined) expect.unreachable();
    entry.forget = true;
    expect(draftOfForm(form).auth[0]?.secret).toBeNull();
    entry.secret = 'new';
    expect(draftOfForm(form).auth[0]?.secret).toBe('new');
  });

  test.each([
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['connectString', { connectString: 'a,,b' }],
    ['sessionTimeoutMs', { sessionTimeoutMs: '999' }],
    ['connectTimeoutMs', { connectTimeoutMs: '1.5' }],
    ['juteMaxBuffer', { juteMaxBuffer: '' }],
  ])('%s is refused: %j', (field, change) => {
    expect([...problemsOf({ ...formOf(draft, ['a1']), ...change }).keys()]).toEqual([field]);
  });

  test('new digest credentials need a user without a colon, and a password', () => {
    const entry = { ...newAuth(), user: 'a:b' };
    const found = problemsOf({ ...formOf(draft, ['a1']), auth: [entry] });
    expect([...found.keys()]).toEqual([`auth.${entry.key}.user`, `auth.${entry.key}.secret`]);
  });
});

describe('saved connections on the start page', () => {
  const collator = new Intl.Collator('en', { numeric: true });
  const titles = { recent: 'Recent', ungrouped: 'Rest' };
  const many = [
    profile('b10', { group: 'B' }), profile('b9', { group: 'B', lastOpenedMs: 5 }), profile('a', { group: 'A', lastOpenedMs: 9 }),
    profile('x'), profile('y'), profile('z', { connectString: 'zk.shop:2181' }),
  ];
  const shown = (profiles: readonly Profile[], search: string): string[] =>
    groupProfiles(profiles, search, titles, collator).map(({ title, profiles: list }) => `${title}: ${list.map(({ name }) => name).join(' ')}`);

  test('stand in groups, the recent ones first', () => {
    expect(shown(many, '')).toEqual(['Recent: a b9', 'A: a', 'B: b9 b10', 'Rest: x y z']);
  });

  test('a few need no list of recent ones', () => expect(shown(many.slice(0, 3), '')).toEqual(['A: a', 'B: b9 b10']));

  test('are found by every word, in name, group or servers', () => {
    expect(shown(many, 'SHOP')).toEqual(['Rest: z']);
    expect(matchesSearch(profile('one', { group: 'Two' }), 'two ONE')).toBe(true);
    expect(matchesSearch(profile('one', { group: 'Two' }), 'two three')).toBe(false);
  });
});

describe('the layout that is kept', () => {
  function storageOf(text: string | null): Storage {
    const kept = new Map<string, string>(text === null ? [] : [['zooscope.layout.p1', text]]);
    return {
      length: 0, clear: () => kept.clear(), key: () => null, removeItem: (key) => void kept.delete(key),
      getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value),
    };
  }

  test('comes back as it was left', () => {
    const storage = storageOf(null);
    const layout = { ...DEFAULT_LAYOUT, tabs: ['/a', '/b'], active: '/b', treeShare: 33, panel: 'cluster' as const, expanded: ['/', '/a'] };
    saveLayout('p1', layout, storage);
    expect(loadLayout('p1', storage)).toEqual(layout);
  });

  test.each([null, '', 'not json', '7', '{"tabs": "x", "treeShare": 400, "panel": "none", "expanded": [1, "no"]}'])('from %j comes something usable', (text) => {
    const layout = loadLayout('p1', storageOf(text));
    expect(layout).toMatchObject({ tabs: [], active: null, treeShare: DEFAULT_LAYOUT.treeShare, panel: DEFAULT_LAYOUT.panel });
  });

  test('grows no further than its limits', () => {
    const storage = storageOf(null);
    const paths = Array.from({ length: 5_000 }, (_, i) => `/n-${i}`);
    saveLayout('p1', { ...DEFAULT_LAYOUT, tabs: paths, expanded: paths, roots: paths, recent: paths }, storage);
    const { tabs, expanded, roots, recent } = loadLayout('p1', storage);
    expect([tabs.length, expanded.length, roots.length, recent.length]).toEqual([20, 100, 100, 30]);
  });
});
