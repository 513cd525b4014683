import { test } from 'vitest';
import { runEnsemble } from './ensemble/ensemble-world.ts';
test('x', async () => {
  const from = Number(process.env['FROM'] ?? 1);
  const n = Number(process.env['N'] ?? 1);
  for (let seed = from; seed < from + n; seed++) {
    const t0 = performance.now();
    const r = await runEnsemble({ seed, withLogs: process.env['LOGS'] !== undefined });
    process.stdout.write(`${seed} ${(performance.now() - t0).toFixed(0)} ms steps ${r.steps} epochs ${r.epochs} txns ${r.transactions} answers ${r.answers} ${JSON.stringify(r.syncs)} ${r.violations.slice(0,3).join(' | ').slice(0, 600)}\n`);
    if (process.env['TRACE'] !== undefined) process.stdout.write(r.trace.join('\n') + '\n');
  }
}, 600000);
