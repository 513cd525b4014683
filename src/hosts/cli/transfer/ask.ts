/** A question on the terminal, where there is one. */

import { createInterface } from 'node:readline';
import { nodeName } from '../../../model/zpath.ts';

export interface Terminal {
  /** Whether a person can be asked. */
  readonly isTty: boolean;
  /** The answer, without its line end; null when there was none. */
  ask(question: string): Promise<string | null>;
}

/** The terminal of this process: questions go to standard error. */
export function processTerminal(): Terminal {
  return {
    isTty: process.stdin.isTTY && process.stderr.isTTY,
    ask: (question) =>
      new Promise((resolve) => {
        const lines = createInterface({ input: process.stdin, output: process.stderr });
        lines.once('SIGINT', () => lines.close());
        lines.once('close', () => resolve(null));
        lines.question(question, (answer) => {
          resolve(answer);
          lines.close();
        });
      }),
  };
}

/** Whether a person has typed the name of the node that is to go. */
export async function confirmDelete(terminal: Terminal, connect: string, path: string): Promise<boolean> {
  const name = nodeName(path);
  const answer = await terminal.ask(`This deletes ${path} on ${connect} with everything below it.\nType its name (${name}) to go on: `);
  return answer !== null && answer === name;
}
