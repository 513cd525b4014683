import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judge, workspaceWith } from './workspace.ts';

const withMarkers = '# Architecture\n\n<!-- layers:begin -->\nold\n<!-- layers:end -->\n\nAfter.\n';

describe('layers-doc', () => {
  test('writes the table between the markers and then agrees with itself', () => {
    const root = workspaceWith({ 'ARCHITECTURE.md': withMarkers });
    expect(judge('layers-doc.mjs', root, '--check').exitCode).toBe(1);
    expect(judge('layers-doc.mjs', root).exitCode).toBe(0);
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    expect(text.startsWith('# Architecture\n\n<!-- layers:begin -->\n')).toBe(true);
    expect(text.endsWith('\n<!-- layers:end -->\n\nAfter.\n')).toBe(true);
    expect(text).toContain('| `src/model/` | base | - | yes |\n');
    expect(text).toContain('ensemble/tree (`changes.ts` only, types)');
    expect(text).not.toContain('old');
    expect(judge('layers-doc.mjs', root, '--check').exitCode).toBe(0);
  });

  test.each([
    ['the document', {}, 'ARCHITECTURE.md: missing'],
    ['the markers', { 'ARCHITECTURE.md': '# Architecture\n' }, 'are missing'],
  ])('fails without %s', (_what, files, complaint) => {
    const verdict = judge('layers-doc.mjs', workspaceWith(files), '--check');
    expect(verdict.output).toContain(complaint);
    expect(verdict.exitCode).toBe(1);
  });
});
