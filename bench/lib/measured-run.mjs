/** A program run to its end, with its time and its peak memory. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { spawnTied } from '../../scripts/golden/launch.mjs';

const LOOK_MS = 20;

/** The most memory that a process ever had resident. @param {number} pid */
function peakBytes(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** @param {string} command @param {readonly string[]} args @returns {Promise<{ ms: number, peak: number }>} @throws when it fails */
export async function measuredRun(command, args) {
  const beganMs = performance.now();
  const child = spawnTied(command, args, ['ignore', 'ignore', 'pipe']);
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => (err = (err + text).slice(-4000)));
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, peakBytes(child.pid ?? 0))), LOOK_MS);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${err}`);
  return { ms: performance.now() - beganMs, peak };
}
