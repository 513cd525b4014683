/**
 * Keys. The one place that says which keys run which command. `Mod` is Control, and Command on a Mac.
 * Must hold: no two commands share keys within one scope; the browser's own keys that a page cannot have
 * (Ctrl+W, Ctrl+T, Ctrl+N, Ctrl+Tab) have a second binding that works there.
 */

/** Where a binding works: anywhere, or while the focus is in the tree. */
export type KeyScope = 'global' | 'tree';

export interface KeyBinding {
  readonly command: string;
  /** First the one that menus show. */
  readonly keys: readonly string[];
  readonly scope: KeyScope;
}

const global = (command: string, ...keys: string[]): KeyBinding => ({ command, keys, scope: 'global' });
const inTree = (command: string, ...keys: string[]): KeyBinding => ({ command, keys, scope: 'tree' });

export const KEY_BINDINGS: readonly KeyBinding[] = [
  global('showPalette', 'Mod+Shift+P', 'F1'),
  global('goToPath', 'Mod+P'),
  global('newConnection', 'Mod+Alt+N'),
  global('startPage', 'Alt+Home'),
  global('nextConnection', 'Mod+Alt+PageDown'),
  global('previousConnection', 'Mod+Alt+PageUp'),
  global('closeConnection', 'Mod+Shift+Alt+W'),
  global('focusTree', 'Mod+0'),
  global('filterTree', 'Mod+Shift+F'),
  global('focusNode', 'Mod+1'),
  global('refresh', 'F5', 'Mod+R'),
  global('back', 'Alt+ArrowLeft'),
  global('forward', 'Alt+ArrowRight'),
  global('goToParent', 'Alt+ArrowUp'),
  global('closeTab', 'Alt+W', 'Mod+W'),
  global('nextTab', 'Mod+PageDown', 'Mod+Tab'),
  global('previousTab', 'Mod+PageUp', 'Mod+Shift+Tab'),
  global('save', 'Mod+S'),
  global('togglePanel', 'Mod+J'),
  global('copyPath', 'Mod+Shift+C'),
  inTree('refreshBranch', 'F5', 'Mod+R'),
  inTree('createChild', 'Insert'),
  inTree('deleteNode', 'Delete', 'Mod+Backspace'),
];

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The binding's name of a key press, e.g. `Mod+Shift+P`; letters and digits by their place, whatever Alt makes of them. */
export function pressName(press: KeyPress, mac: boolean): string {
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  const parts = [mod ? 'Mod' : '', other ? 'Other' : '', press.shiftKey ? 'Shift' : '', press.altKey ? 'Alt' : ''];
  return [...parts.filter((part) => part !== ''), keyName(press)].join('+');
}

function keyName({ key, code }: KeyPress): string {
  const place = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(code);
  // With a Latin layout the key's own letter counts (Dvorak, AZERTY); otherwise its place.
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  return place?.[1] ?? place?.[2] ?? key;
}

/** The command that a key press asks for, or null. The scopes are tried in the order given. */
export function commandFor(press: KeyPress, mac: boolean, scopes: readonly KeyScope[]): string | null {
  const name = pressName(press, mac);
  for (const scope of scopes) {
    const found = KEY_BINDINGS.find((binding) => binding.scope === scope && binding.keys.includes(name));
    if (found !== undefined) return found.command;
  }
  return null;
}

const MAC_SIGNS: Readonly<Record<string, string>> = { Mod: '⌘', Shift: '⇧', Alt: '⌥', Backspace: '⌫', Delete: '⌦' };
const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', PageUp: 'PgUp', PageDown: 'PgDn', Delete: 'Del', Insert: 'Ins',
};

/** Keys as people know them: `Ctrl+Shift+P`, or `⇧⌘P` on a Mac. */
export function showKeys(keys: string, mac: boolean): string {
  const parts = keys.split('+');
  if (!mac) return parts.map((part) => (part === 'Mod' ? 'Ctrl' : (SIGNS[part] ?? part))).join('+');
  const order = ['Alt', 'Shift', 'Mod'];
  return parts
    .toSorted((a, b) => (order.indexOf(a) + 1 || 9) - (order.indexOf(b) + 1 || 9))
    .map((part) => MAC_SIGNS[part] ?? SIGNS[part] ?? part)
    .join('');
}

/** The keys that menus show for a command, or undefined when it has none. */
export function keysOf(command: string): string | undefined {
  return KEY_BINDINGS.find((binding) => binding.command === command)?.keys[0];
}
