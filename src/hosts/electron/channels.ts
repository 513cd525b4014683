/** The names of the IPC channels between the preload and the main process: the one door. */

/** Page to main: serve me. */
export const OPEN = 'zooscope:open';
/** Both ways: one frame. */
export const FRAME = 'zooscope:frame';
/** Main to page: no longer served, with the reason. */
export const CLOSED = 'zooscope:closed';
