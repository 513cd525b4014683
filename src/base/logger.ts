/** Where parts report what they do; the host decides where it goes. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  /**
   * @param message one sentence
   * @param fields the numbers that belong to it; ids as text or bigint
   */
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing. */
export const silentLogger: Logger = { log: () => undefined };
