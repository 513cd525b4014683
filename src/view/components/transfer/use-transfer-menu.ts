/** The entries of a node's menu for everything that takes a subtree along. */

import { ArrowLeftRight, Download, FolderInput, GitCompare, History, KeyRound, Upload } from '@lucide/vue';
import { useText } from '../../i18n/use-text.ts';
import { useActivityStore } from '../../stores/activity.ts';
import { useDialogsStore } from '../../stores/dialogs.ts';
import type { MenuItem } from '../base/menu-item.ts';
import type { TransferKind } from './transfer-form.ts';

/** @returns the entries for a node */
export function useTransferMenu(): (connectionId: string, path: string, readOnly: boolean) => MenuItem[] {
  const { t } = useText();
  const dialogs = useDialogsStore();
  const activity = useActivityStore();
  return (connectionId, path, readOnly) => {
    const open = (what: TransferKind) => (): void => dialogs.open({ kind: 'transfer', what, connectionId, path });
    return [
      { id: 'export', label: t('transfer.menu.export'), icon: Download, run: open('export') },
      { id: 'import', label: t('transfer.menu.import'), icon: Upload, disabled: readOnly, run: open('import') },
      { id: 'copyTo', label: t('transfer.menu.copy'), icon: FolderInput, run: open('copy') },
      { id: 'moveTo', label: t('transfer.menu.move'), icon: ArrowLeftRight, disabled: readOnly || path === '/', run: open('move') },
      { id: 'compareWith', label: t('transfer.menu.compare'), icon: GitCompare, run: open('compare') },
      { id: 'setAclBelow', label: t('transfer.menu.setAcl'), icon: KeyRound, disabled: readOnly, run: open('setAcl') },
      { id: 'historyOf', label: t('transfer.menu.history'), icon: History, run: () => activity.showHistory(path) },
    ];
  };
}
