/**
 * What is on screen: the start page or one open connection, and for each connection its tabs, panes and panel.
 * Kept for each profile, so that a connection opened again looks as it was left.
 */

import { defineStore } from 'pinia';
import { computed, effectScope, reactive, ref, watch, type EffectScope } from 'vue';
import type { ConnectionState } from '../../contract/connections.ts';
import {
  canGo, closeOthers, closeTab, goInHistory, keepTab, markDirty, neighbour, NO_TABS, openTab, type Tab, type TabSet,
} from '../base/tab-set.ts';
import { useActivityStore } from './activity.ts';
import { useConnectionsStore } from './connections.ts';
import { loadLayout, saveLayout, type PanelName } from './layout.ts';

/** One connection's part of the workbench. */
export interface Desk {
  readonly connectionId: string;
  readonly profileId: string;
  set: TabSet;
  treeShare: number;
  panelShare: number;
  panelOpen: boolean;
  panel: PanelName;
  /** Kept for the tree, which writes them (stores/tree.ts). */
  expanded: readonly string[];
  roots: readonly string[];
  /** Paths opened lately, newest first. */
  recent: readonly string[];
}

const RECENT_MAX = 30;
const SAVE_AFTER_MS = 400;

function deskOf({ connectionId, profileId }: ConnectionState): Desk {
  const kept = loadLayout(profileId);
  const { treeShare, panelShare, panelOpen, panel, expanded, roots, recent } = kept;
  const opened = kept.tabs.reduce((set, path) => openTab(set, path, true), NO_TABS);
  const set = kept.active === null ? opened : openTab(opened, kept.active, true);
  return {
    connectionId, profileId, treeShare, panelShare, panelOpen, panel, expanded, roots, recent,
    set: { ...set, history: kept.active === null ? [] : [kept.active], at: kept.active === null ? -1 : 0 },
  };
}

function keep(desk: Desk): void {
  const { profileId, set, treeShare, panelShare, panelOpen, panel, expanded, roots, recent } = desk;
  const tabs = set.tabs.filter((tab) => !tab.preview).map((tab) => tab.path);
  saveLayout(profileId, { tabs, active: set.active, treeShare, panelShare, panelOpen, panel, expanded, roots, recent });
}

/** What can be done with the tabs of a desk. */
function tabActions(desk: (connectionId: string) => Desk | undefined) {
  const change = (connectionId: string, step: (set: TabSet) => TabSet): void => {
    const own = desk(connectionId);
    if (own !== undefined) own.set = step(own.set);
  };
  return {
    /** Opens a node: as a preview, or to stay with `keep`. */
    openNode(connectionId: string, path: string, stay = false): void {
      change(connectionId, (set) => openTab(set, path, stay));
      const own = desk(connectionId);
      if (own !== undefined) own.recent = [path, ...own.recent.filter((other) => other !== path)].slice(0, RECENT_MAX);
    },
    keepTab: (connectionId: string, path: string) => change(connectionId, (set) => keepTab(set, path)),
    /** Closes at once; ask first where the tab is dirty (`dialogs`: closeTab). */
    closeTab: (connectionId: string, path: string) => change(connectionId, (set) => closeTab(set, path)),
    closeOthers: (connectionId: string, path: string | null) => change(connectionId, (set) => closeOthers(set, path)),
    /** Said by the editor: whether a node has edits that are not saved. */
    setDirty: (connectionId: string, path: string, dirty: boolean) => change(connectionId, (set) => markDirty(set, path, dirty)),
    go: (connectionId: string, step: -1 | 1) => change(connectionId, (set) => goInHistory(set, step)),
    canGo: (connectionId: string, step: -1 | 1): boolean => canGo(desk(connectionId)?.set ?? NO_TABS, step),
    /** To the tab at the right (1) or left (-1). */
    step(connectionId: string, step: -1 | 1): void {
      change(connectionId, (set) => {
        const next = neighbour(set, step);
        return next === null ? set : openTab(set, next, false);
      });
    },
    tabsOf: (connectionId: string): readonly Tab[] => desk(connectionId)?.set.tabs ?? [],
    activePath: (connectionId: string): string | null => desk(connectionId)?.set.active ?? null,
  };
}

export const useWorkbenchStore = defineStore('workbench', () => {
  const connections = useConnectionsStore();
  const desks = reactive(new Map<string, Desk>());
  const scopes = new Map<string, EffectScope>();
  /** The connection on screen; null is the start page. */
  const shownId = ref<string | null>(null);
  const shown = computed(() => (shownId.value === null ? undefined : connections.byId.get(shownId.value)));

  const desk = (connectionId: string): Desk | undefined => desks.get(connectionId);

  function adopt(state: ConnectionState): void {
    if (desks.has(state.connectionId)) return;
    desks.set(state.connectionId, deskOf(state));
    const own = desks.get(state.connectionId) as Desk;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Not of the component that happened to ask: it lasts until the connection is closed.
    const scope = effectScope(true);
    scopes.set(state.connectionId, scope);
    scope.run(() =>
      watch(() => ({ ...own }), () => {
        clearTimeout(timer);
        timer = setTimeout(() => keep(own), SAVE_AFTER_MS);
      }),
    );
  }

  /** Shows a connection, or the start page. */
  function show(connectionId: string | null): void {
    useActivityStore().hide();
    const state = connectionId === null ? undefined : connections.byId.get(connectionId);
    if (state !== undefined) adopt(state);
    shownId.value = state === undefined ? null : connectionId;
  }

  /** Opens a saved connection, or shows it where it is open already. @throws ApiError */
  async function openProfile(profileId: string): Promise<void> {
    const open = connections.list.find((state) => state.profileId === profileId);
    show((open ?? (await connections.open(profileId))).connectionId);
  }

  /** The connection beside the one on screen, around the ends. */
  function stepConnection(step: -1 | 1): void {
    const { list } = connections;
    const at = list.findIndex(({ connectionId }) => connectionId === shownId.value);
    const next = list[(at + step + list.length) % list.length];
    if (next !== undefined) show(next.connectionId);
  }

  connections.onClosed((connectionId) => {
    desks.delete(connectionId);
    scopes.get(connectionId)?.stop();
    scopes.delete(connectionId);
    if (shownId.value === connectionId) show(connections.list.at(-1)?.connectionId ?? null);
  });

  return { shownId, shown, desk, adopt, show, openProfile, stepConnection, ...tabActions(desk) };
});
