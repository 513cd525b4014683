/** Runs scripts/sim.mjs, as people do. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from './planted.ts';

export interface SimRun {
  readonly code: number;
  readonly output: string;
}

/** @param env SIM_SEED and the like; what the tests were started with is passed on; undefined takes it away */
export async function runSimulator(args: readonly string[], changes: readonly Change[] = [], env: Readonly<Record<string, string | undefined>> = {}): Promise<SimRun> {
  const folder = mkdtempSync(join(tmpdir(), 'zooscope-sim-'));
  try {
    const file = join(folder, 'changes.json');
    writeFileSync(file, JSON.stringify(changes));
    const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'sim.mjs');
    const child = spawn(process.execPath, [script, '--out', folder, '--changes', file, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    const code = await new Promise<number>((resolve) => {
      child.on('close', (status) => resolve(status ?? 1));
    });
    return { code, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
