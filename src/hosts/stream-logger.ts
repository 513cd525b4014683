/** Reports for people who look at the terminal, or at the log of whatever started us. */

import type { Logger, LogLevel } from '../base/logger.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** The level that a word of the environment names; `warn` where it names none. */
export function logLevelOf(word: string | undefined): LogLevel {
  return word !== undefined && Object.hasOwn(RANK, word) ? (word as LogLevel) : 'warn';
}

/**
 * One line for each report from `lowest` upwards.
 *
 * @param write takes a whole line with its end
 */
export function streamLogger(write: (line: string) => void, lowest: LogLevel): Logger {
  return {
    log(level, message, fields = {}) {
      if (RANK[level] < RANK[lowest]) return;
      const details = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
      write(`zooscope: ${level}: ${oneLine(message)}${details.join('')}\n`);
    },
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, (_key, member: unknown) => plain(member));
  return String(value);
}

/** What JSON has no word for; of an error it would leave out what happened. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return String(value);
  return typeof value === 'bigint' ? `${value}` : value;
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' | ');
