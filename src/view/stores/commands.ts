/**
 * Commands by name: what runs when a key, a menu or the palette asks for one. Whoever can do it now registers a
 * handler (`useCommand` in components/base); the newest one wins, so that the pane in focus may take over.
 */

import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { commandFor, keysOf, showKeys, type KeyPress, type KeyScope } from '../base/key-bindings.ts';
import type { en } from '../i18n/en/index.ts';

/** Each has its name in the messages (`command.*`) and may have keys (base/key-bindings.ts). */
export type CommandId = keyof typeof en.command;

export interface CommandHandler {
  readonly run: () => void;
  /** False hides it from the palette and lets its keys pass. */
  readonly enabled?: (() => boolean) | undefined;
}

export const isMac = typeof navigator === 'object' && /mac/i.test(navigator.platform);

export const useCommandsStore = defineStore('commands', () => {
  const handlers = shallowRef<ReadonlyMap<CommandId, readonly CommandHandler[]>>(new Map());

  /** @returns takes the handler away */
  function register(id: CommandId, handler: CommandHandler): () => void {
    handlers.value = new Map(handlers.value).set(id, [...(handlers.value.get(id) ?? []), handler]);
    return () => {
      const left = (handlers.value.get(id) ?? []).filter((other) => other !== handler);
      handlers.value = new Map(handlers.value).set(id, left);
    };
  }

  const handlerOf = (id: CommandId): CommandHandler | undefined =>
    handlers.value.get(id)?.findLast((handler) => handler.enabled?.() ?? true);

  /** @returns false when nobody can do it now */
  function run(id: CommandId): boolean {
    const handler = handlerOf(id);
    handler?.run();
    return handler !== undefined;
  }

  /** The commands that can run now. */
  const available = computed(() => [...handlers.value.keys()].filter((id) => handlerOf(id) !== undefined));

  /** Runs what a key press asks for. @returns whether there was something to run */
  function press(event: KeyPress, scopes: readonly KeyScope[]): boolean {
    const id = commandFor(event, isMac, scopes);
    return id !== null && run(id as CommandId);
  }

  /** The keys of a command as people know them, or undefined. */
  function keysShown(id: CommandId): string | undefined {
    const keys = keysOf(id);
    return keys === undefined ? undefined : showKeys(keys, isMac);
  }

  return { available, register, run, press, keysShown };
});
