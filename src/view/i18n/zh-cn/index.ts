/** All messages in simplified Chinese. */

import type { Same } from '../same.ts';
import type { en } from '../en/index.ts';
import { command } from './commands.ts';
import { common } from './common.ts';
import { connection } from './connection.ts';
import { error, hint, layer, reason } from './failures.ts';
import { lab } from './lab.ts';
import { node } from './node.ts';
import { panels } from './panels.ts';
import { settings } from './settings.ts';
import { start } from './start.ts';
import { history, transfer } from './transfer.ts';
import { tree } from './tree.ts';
import { workbench } from './workbench.ts';

export const zhCn: Same<typeof en> = {
  command, common, connection, error, hint, history, lab, layer, node, panels, reason, settings, start, transfer, tree, workbench,
};
