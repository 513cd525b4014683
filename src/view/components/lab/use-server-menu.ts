/** What can be done with one local server: the same on the start page and in the cluster panel. */

import { FileText, Pause, Play, RotateCw, Square, Zap } from '@lucide/vue';
import type { Lab, LabServer } from '../../../contract/lab.ts';
import { useText } from '../../i18n/use-text.ts';
import { useAppStore } from '../../stores/app.ts';
import { useDialogsStore } from '../../stores/dialogs.ts';
import { isSaidInList, useLabStore, type ServerAction } from '../../stores/lab.ts';
import { useToastsStore } from '../../stores/toasts.ts';
import type { MenuItem } from '../base/menu-item.ts';

/**
 * @param shown whether the page shows what becomes of the server, and why: a failure is then not said twice
 * @returns the menu of a server
 */
export function useServerMenu(shown: boolean): (lab: Lab, server: LabServer) => MenuItem[] {
  const { t } = useText();
  const store = useLabStore();
  const app = useAppStore();
  const dialogs = useDialogsStore();
  const toasts = useToastsStore();
  return ({ labId }, { id, state }) => {
    const run = (action: ServerAction, doing: string) => (): void => {
      store.serverDo(action, labId, id).catch((thrown: unknown) => {
        if (!shown || !isSaidInList(thrown)) toasts.fail(doing, thrown);
      });
    };
    const paused = state === 'paused';
    const runs = state === 'running' || paused;
    const pause: MenuItem = paused
      ? { id: 'resume', label: t('lab.resumeServerAction'), icon: Play, run: run('resumeServer', t('lab.resumeFailed')) }
      : { id: 'pause', label: t('lab.pauseServerAction'), icon: Pause, disabled: !runs, run: run('pauseServer', t('lab.pauseFailed')) };
    return [
      { id: 'start', label: t('lab.startServerAction'), icon: Play, disabled: runs || state === 'starting', run: run('startServer', t('lab.startFailed')) },
      { id: 'stop', label: t('lab.stopServerAction'), icon: Square, disabled: !runs, run: run('stopServer', t('lab.stopFailed')) },
      { id: 'restart', label: t('lab.restartServerAction'), icon: RotateCw, disabled: !runs, run: run('restartServer', t('lab.startFailed')) },
      { kind: 'separator', id: 's1' },
      // Windows has no such signal.
      ...(app.info?.platform === 'win32' ? [] : [pause]),
      { id: 'kill', label: t('lab.killServerAction'), icon: Zap, danger: true, disabled: !runs, run: run('killServer', t('lab.killFailed')) },
      { kind: 'separator', id: 's2' },
      { id: 'files', label: t('lab.filesAction'), icon: FileText, run: () => dialogs.open({ kind: 'serverFiles', labId, serverId: id }) },
    ];
  };
}
