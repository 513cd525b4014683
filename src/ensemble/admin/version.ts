/** What this server says it is. */

/**
 * The Apache release whose behaviour it has, as clients parse it to learn what they may ask, and its own name and
 * version after a dash.
 */
export const SERVER_VERSION = '3.8.4-zooscope-0.1.0, built on 2026-11-21 00:00 UTC';
