/** Answers to writes, made of what applying them gave (facts 1.6; FinalRequestProcessor). */

import { invariant } from '../../../base/invariant.ts';
import { KeeperError } from '../../../model/errors.ts';
import { create } from '../../../wire/operations/create.ts';
import { Create2Response } from '../../../wire/operations/create2.ts';
import { StatResponse } from '../../../wire/operations/exists.ts';
import { GetDataResponse } from '../../../wire/operations/get-data.ts';
import { MultiResponse, type MultiResult } from '../../../wire/operations/multi.ts';
import type { ApplyResult } from '../../tree/api.ts';
import { answer, type Answer } from './tools.ts';

/** @throws KeeperError when the write was refused */
export function writeAnswer(result: ApplyResult): Answer {
  switch (result.type) {
    case -1:
      throw new KeeperError(result.err);
    case 1:
      return answer(create.response as NonNullable<typeof create.response>, { path: result.path });
    case 15:
    case 19:
    case 21:
      return answer(Create2Response, { path: result.path, stat: result.stat });
    case 5:
    case 7:
      return answer(StatResponse, { stat: result.stat });
    case 16:
      return answer(GetDataResponse, { data: result.data, stat: result.stat });
    case 14:
      return answer(MultiResponse, result.parts.map(multiResult));
    default:
      return null;
  }
}

function multiResult(part: ApplyResult): MultiResult {
  switch (part.type) {
    case 1:
      return { type: 1, path: part.path };
    case 15:
    case 19:
    case 21:
      return { type: 15, path: part.path, stat: part.stat };
    case 5:
      return { type: 5, stat: part.stat };
    case 2:
    case 13:
      return { type: part.type };
    case -1:
      return { type: -1, err: part.err };
    default:
      invariant(false, `a part of type ${part.type} within a multi`);
  }
}
