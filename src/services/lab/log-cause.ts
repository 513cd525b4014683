/** The line of a server's log that says why it ended, as far as one can be told from the others. */

const CAUSE_CHARS_MAX = 400;
/** What Java says after each reason not to start. */
const JVM_REFRAIN = /^Error: (Could not create the Java Virtual Machine|A fatal exception has occurred)/m;
/** Not what a server says of its everyday work, which a local server logs as well. */
const OWN = /^zooscope: (?!(?:info|debug): )/;

/**
 * @param logTail of the embedded server or of Apache's
 * @returns one line without its full stop, cut when it is long; null when none looks like a reason
 */
export function logCause(logTail: string): string | null {
  const lines = logTail.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !JVM_REFRAIN.test(line));
  const last = (pattern: RegExp): string | undefined => lines.filter((line) => pattern.test(line)).at(-1);
  const own = last(OWN)?.replace(OWN, '');
  const java = last(/^Caused by: /) ?? last(/^([\w$]+\.)+[\w$]*(Exception|Error)\b/) ?? last(/ ERROR |\bError\b/);
  // A Java that does not take its options says which one before it says that it does not start.
  const option = JVM_REFRAIN.test(logTail) ? lines.at(-1) : undefined;
  const cause = (own ?? option ?? java)?.replace(/\.$/, '');
  if (cause === undefined) return null;
  return cause.length > CAUSE_CHARS_MAX ? `${cause.slice(0, CAUSE_CHARS_MAX)}...` : cause;
}
