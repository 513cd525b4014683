/** How a person left the workbench of a connection: kept for each profile in the browser's storage, in one small entry. */

export const PANELS = ['feed', 'cluster', 'requests'] as const;
export type PanelName = (typeof PANELS)[number];

export interface Layout {
  readonly tabs: readonly string[];
  readonly active: string | null;
  /** Percent of the width that the tree takes. */
  readonly treeShare: number;
  /** Percent of the height that the panel takes. */
  readonly panelShare: number;
  readonly panelOpen: boolean;
  readonly panel: PanelName;
  readonly expanded: readonly string[];
  /** Paths opened directly, shown as roots of their own. */
  readonly roots: readonly string[];
  readonly recent: readonly string[];
}

export const DEFAULT_LAYOUT: Layout = {
  tabs: [],
  active: null,
  treeShare: 26,
  panelShare: 32,
  panelOpen: true,
  panel: 'feed',
  expanded: ['/'],
  roots: [],
  recent: [],
};

const TABS_MAX = 20;
const PATHS_MAX = 100;
const KEY = 'zooscope.layout.';

/** Reads the layout of a profile; what cannot be used is left at its default. */
export function loadLayout(profileId: string, storage: Storage = localStorage): Layout {
  try {
    const text = storage.getItem(KEY + profileId);
    const kept: unknown = text === null ? null : JSON.parse(text);
    return typeof kept === 'object' && kept !== null ? usable(kept as Record<string, unknown>) : DEFAULT_LAYOUT;
  } catch {
    return DEFAULT_LAYOUT;
  }
}

function usable(kept: Record<string, unknown>): Layout {
  const paths = (value: unknown, max: number, or: readonly string[]): readonly string[] =>
    Array.isArray(value) ? value.filter((path) => typeof path === 'string' && path.startsWith('/')).slice(0, max) : or;
  const share = (value: unknown, or: number): number => (typeof value === 'number' && value >= 5 && value <= 95 ? value : or);
  const tabs = paths(kept['tabs'], TABS_MAX, []);
  const panel = PANELS.find((name) => name === kept['panel']);
  return {
    tabs,
    active: tabs.find((path) => path === kept['active']) ?? tabs[0] ?? null,
    treeShare: share(kept['treeShare'], DEFAULT_LAYOUT.treeShare),
    panelShare: share(kept['panelShare'], DEFAULT_LAYOUT.panelShare),
    panelOpen: typeof kept['panelOpen'] === 'boolean' ? kept['panelOpen'] : DEFAULT_LAYOUT.panelOpen,
    panel: panel ?? DEFAULT_LAYOUT.panel,
    expanded: paths(kept['expanded'], PATHS_MAX, DEFAULT_LAYOUT.expanded),
    roots: paths(kept['roots'], PATHS_MAX, []),
    recent: paths(kept['recent'], PATHS_MAX, []),
  };
}

/** Keeps the layout of a profile; a full or forbidden storage is no reason to stop anybody. */
export function saveLayout(profileId: string, layout: Layout, storage: Storage = localStorage): void {
  const limited: Layout = {
    ...layout,
    tabs: layout.tabs.slice(0, TABS_MAX),
    expanded: layout.expanded.slice(0, PATHS_MAX),
    roots: layout.roots.slice(0, PATHS_MAX),
    recent: layout.recent.slice(0, 30),
  };
  try {
    storage.setItem(KEY + profileId, JSON.stringify(limited));
  } catch {
    // Nothing is lost but the arrangement of panes.
  }
}
