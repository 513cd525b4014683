/** The four-letter words (facts 6.1): which may be asked, and what each answers. */

import type { AdminView } from './admin-view.ts';
import { cons, crst, dump, srst } from './connection-words.ts';
import { READ_ONLY } from './ensemble-view.ts';
import { mntr } from './mntr.ts';
import { conf, dirs, envi, hash, srvr, stat } from './server-words.ts';
import { wchc, wchp, wchs } from './watch-words.ts';

type Word = (view: AdminView, onSecurePort: boolean) => string | Promise<string>;

const ANSWERS: Readonly<Record<string, Word>> = {
  conf, cons, crst, dirs, dump, envi, hash, mntr, srst, srvr, stat, wchc, wchp, wchs,
  ruok: () => 'imok',
  isro: ({ mode }) => (mode === READ_ONLY ? 'ro' : 'rw'),
  gtmk: (view) => String(view.traceMask),
};

/**
 * The text that answers a word. One that may not be asked is answered by saying so, as Apache's server does; one
 * that this server has nothing to say to (stmk, orst) by nothing.
 *
 * @param allowed 4lw.commands.whitelist
 * @param onSecurePort where it was asked: words about connections tell of that port's alone
 */
export async function answerWord(
  word: string, view: AdminView, allowed: ReadonlySet<string> | 'all', onSecurePort = false,
): Promise<string> {
  if (allowed !== 'all' && !allowed.has(word)) return `${word} is not executed because it is not in the whitelist.\n`;
  return (await ANSWERS[word]?.(view, onSecurePort)) ?? '';
}
