/** What `cons` calls each operation (FinalRequestProcessor's lastOp). */

import { Op } from '../request.ts';

const LABELS = new Map<number, string>([
  [Op.ping, 'PING'], [Op.createSession, 'SESS'], [Op.multi, 'MULT'], [Op.multiRead, 'MLTR'], [Op.create, 'CREA'],
  [Op.create2, 'CREA'], [Op.createTtl, 'CREA'], [Op.createContainer, 'CREA'], [Op.delete, 'DELE'],
  [Op.deleteContainer, 'DELE'], [Op.setData, 'SETD'], [Op.reconfig, 'RECO'], [Op.setAcl, 'SETA'],
  [Op.closeSession, 'CLOS'], [Op.sync, 'SYNC'], [Op.check, 'CHEC'], [Op.exists, 'EXIS'], [Op.getData, 'GETD'],
  [Op.setWatches, 'SETW'], [Op.setWatches2, 'STW2'], [Op.addWatch, 'ADDW'], [Op.getAcl, 'GETA'],
  [Op.getChildren, 'GETC'], [Op.getAllChildrenNumber, 'GETACN'], [Op.getChildren2, 'GETC'],
  [Op.checkWatches, 'CHKW'], [Op.removeWatches, 'REMW'], [Op.whoAmI, 'HOMI'], [Op.getEphemerals, 'GETE'],
]);

/** `NA` for what has no name. */
export function operationLabel(type: number): string {
  return LABELS.get(type) ?? 'NA';
}
