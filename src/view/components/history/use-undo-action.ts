/** "Undo" on the message that says that something was saved or deleted. */

import { useText } from '../../i18n/use-text.ts';
import { useDialogsStore } from '../../stores/dialogs.ts';
import { useHistoryStore } from '../../stores/history.ts';
import type { Toast } from '../../stores/toasts.ts';

/** @returns the action for what was just done to a node, or none where History does not have it */
export function useUndoAction(): (connectionId: string, path: string) => Toast['action'] {
  const { t } = useText();
  const dialogs = useDialogsStore();
  const history = useHistoryStore();
  return (connectionId, path) => {
    const operation = history.newest;
    if (operation === null || operation.path !== path) return undefined;
    return { label: t('history.undoToast'), run: () => dialogs.open({ kind: 'undo', connectionId, operation, indexes: null }) };
  };
}
