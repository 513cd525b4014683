/** Registers what a component does for a command while it is mounted (and, under KeepAlive, active). */

import { onActivated, onBeforeUnmount, onDeactivated, onMounted } from 'vue';
import { useCommandsStore, type CommandHandler, type CommandId } from '../../stores/commands.ts';

export function useCommand(id: CommandId, run: () => void, enabled?: () => boolean): void {
  const commands = useCommandsStore();
  const handler: CommandHandler = { run, enabled };
  let remove: (() => void) | null = null;
  const add = (): void => {
    remove ??= commands.register(id, handler);
  };
  const drop = (): void => {
    remove?.();
    remove = null;
  };
  onMounted(add);
  onActivated(add);
  onDeactivated(drop);
  onBeforeUnmount(drop);
}
