/**
 * Open nodes as tabs, and the way through them. Pure: each function takes a state and gives the next one.
 * Must hold: a path has at most one tab; at most one tab is a preview; the active path, if any, has a tab;
 * a tab with unsaved edits is never a preview, and never replaced.
 */

export interface Tab {
  readonly path: string;
  /** Shown in italics; the next single click replaces it. */
  readonly preview: boolean;
  /** Has edits that are not saved. */
  readonly dirty: boolean;
}

export interface TabSet {
  readonly tabs: readonly Tab[];
  readonly active: string | null;
  /** Paths visited, oldest first. */
  readonly history: readonly string[];
  /** Where in the history we are; -1 when it is empty. */
  readonly at: number;
}

export const HISTORY_MAX = 100;

export const NO_TABS: TabSet = { tabs: [], active: null, history: [], at: -1 };

/** Opens a path, or goes to its tab. @param keep not as a preview */
export function openTab(set: TabSet, path: string, keep: boolean): TabSet {
  return visited(shown(set, path, keep), path);
}

function shown(set: TabSet, path: string, keep: boolean): TabSet {
  const { tabs } = set;
  const existing = tabs.findIndex((tab) => tab.path === path);
  if (existing !== -1) {
    const kept = keep ? tabs.map((tab) => (tab.path === path ? { ...tab, preview: false } : tab)) : tabs;
    return { ...set, tabs: kept, active: path };
  }
  const fresh: Tab = { path, preview: !keep, dirty: false };
  const replaced = keep ? -1 : tabs.findIndex((tab) => tab.preview);
  if (replaced !== -1) return { ...set, tabs: tabs.with(replaced, fresh), active: path };
  const after = tabs.findIndex((tab) => tab.path === set.active);
  const at = after === -1 ? tabs.length : after + 1;
  return { ...set, tabs: tabs.toSpliced(at, 0, fresh), active: path };
}

function visited(set: TabSet, path: string): TabSet {
  if (set.history[set.at] === path) return set;
  const history = [...set.history.slice(0, set.at + 1), path].slice(-HISTORY_MAX);
  return { ...set, history, at: history.length - 1 };
}

/** Makes a preview a lasting tab. */
export function keepTab(set: TabSet, path: string): TabSet {
  return { ...set, tabs: set.tabs.map((tab) => (tab.path === path ? { ...tab, preview: false } : tab)) };
}

/** Notes whether a tab has unsaved edits; one that has is no preview any more. */
export function markDirty(set: TabSet, path: string, dirty: boolean): TabSet {
  const tab = set.tabs.find((entry) => entry.path === path);
  if (tab === undefined || tab.dirty === dirty) return set;
  const next = { ...tab, dirty, preview: tab.preview && !dirty };
  return { ...set, tabs: set.tabs.map((entry) => (entry === tab ? next : entry)) };
}

/** Closes a tab; when it was the active one, its right neighbour is next, else its left one. */
export function closeTab(set: TabSet, path: string): TabSet {
  const at = set.tabs.findIndex((tab) => tab.path === path);
  if (at === -1) return set;
  const tabs = set.tabs.toSpliced(at, 1);
  if (set.active !== path) return { ...set, tabs };
  const next = tabs[at] ?? tabs[at - 1];
  const closed = { ...set, tabs, active: next?.path ?? null };
  return next === undefined ? closed : visited(closed, next.path);
}

/** Closes every tab but one and those with unsaved edits. @param path null closes that one too */
export function closeOthers(set: TabSet, path: string | null): TabSet {
  const tabs = set.tabs.filter((tab) => tab.path === path || tab.dirty);
  if (tabs.some((tab) => tab.path === set.active)) return { ...set, tabs };
  const next = tabs.find((tab) => tab.path === path) ?? tabs.at(-1);
  const closed = { ...set, tabs, active: next?.path ?? null };
  return next === undefined ? closed : visited(closed, next.path);
}

/** One step back (-1) or forward (1) in the history; a path whose tab was closed opens as a preview. */
export function goInHistory(set: TabSet, step: -1 | 1): TabSet {
  const at = set.at + step;
  const path = set.history[at];
  if (path === undefined) return set;
  return { ...shown(set, path, false), at };
}

export function canGo(set: TabSet, step: -1 | 1): boolean {
  return set.history[set.at + step] !== undefined;
}

/** The tab beside the active one, around the ends; null without tabs. */
export function neighbour(set: TabSet, step: -1 | 1): string | null {
  const { length } = set.tabs;
  if (length === 0) return null;
  const at = set.tabs.findIndex((tab) => tab.path === set.active);
  return set.tabs[(at + step + length) % length]?.path ?? null;
}
