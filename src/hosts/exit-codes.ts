/** Exit codes that one of our processes reads from another. */

/** The desktop app could not show its window (EX_UNAVAILABLE of sysexits.h): whoever started it may go another way. */
export const DESKTOP_FAILED = 69;

/** Bad options, bad files: what the shell gets. */
export const EXIT_USAGE = 2;
