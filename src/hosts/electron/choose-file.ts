/** The system's dialogs for files. */

import { dialog } from 'electron';
import type { ExportFiles } from '../../services/ports.ts';

const FILTERS = [
  { name: 'Zooscope', extensions: ['gz', 'jsonl', 'json', 'txt', 'zst'] },
  { name: '*', extensions: ['*'] },
];

/** Asks for a file to be read, or to be written. */
export const chooseFile: ExportFiles['choose'] = async (mode, suggested) => {
  const defaultPath = suggested === null ? {} : { defaultPath: suggested };
  if (mode === 'save') {
    const { canceled, filePath } = await dialog.showSaveDialog({ ...defaultPath, filters: FILTERS });
    return { supported: true, file: canceled || filePath === '' ? null : filePath };
  }
  const { canceled, filePaths } = await dialog.showOpenDialog({ ...defaultPath, properties: ['openFile'], filters: FILTERS });
  return { supported: true, file: canceled ? null : (filePaths[0] ?? null) };
};
