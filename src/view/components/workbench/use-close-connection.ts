/** Closes a connection: at once when nothing is lost with it, else after asking. */

import { useText } from '../../i18n/use-text.ts';
import { useConnectionsStore } from '../../stores/connections.ts';
import { useDialogsStore } from '../../stores/dialogs.ts';
import { useToastsStore } from '../../stores/toasts.ts';
import { useWatchesStore } from '../../stores/watches.ts';
import { useWorkbenchStore } from '../../stores/workbench.ts';

export function useCloseConnection(): (connectionId: string) => Promise<void> {
  const { t } = useText();
  const connections = useConnectionsStore();
  const dialogs = useDialogsStore();
  const toasts = useToastsStore();
  const watches = useWatchesStore();
  const workbench = useWorkbenchStore();
  return async (connectionId) => {
    const loses = workbench.tabsOf(connectionId).some((tab) => tab.dirty) || watches.of(connectionId).length > 0;
    if (loses) {
      dialogs.open({ kind: 'closeConnection', connectionId });
      return;
    }
    try {
      await connections.close(connectionId);
    } catch (thrown) {
      toasts.fail(t('workbench.closeFailed'), thrown);
    }
  };
}
