/** What a client meets while its server has no leader (NIOServerCnxn, CommandExecutor): four-letter words are told so, sessions end. */

import { encodeUtf8 } from '../../base/text.ts';
import type { ClientSocket, SocketHandler } from '../listener.ts';
import { WORDS } from '../processors/admission.ts';

/** AbstractFourLetterCommand.ZK_NOT_SERVING */
const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests\n';
const WORD_BYTES = 4;

/** @param allowed 4lw.commands.whitelist */
export function turnedAway(socket: ClientSocket, allowed: (word: string) => boolean): SocketHandler {
  let begun = '';
  return {
    onData(chunk) {
      for (const byte of chunk.subarray(0, WORD_BYTES - begun.length)) begun += String.fromCharCode(byte);
      if (begun.length < WORD_BYTES) return;
      if (WORDS.has(begun)) socket.write(encodeUtf8(allowed(begun) ? answerTo(begun) : `${begun} is not executed because it is not in the whitelist.\n`));
      socket.end();
    },
    onDrain: () => undefined,
    onClose: () => undefined,
  };
}

function answerTo(word: string): string {
  if (word === 'ruok') return 'imok';
  return word === 'isro' ? 'null' : NOT_SERVING;
}
