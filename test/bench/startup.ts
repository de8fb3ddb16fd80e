import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launcher } from '../support/plugin.ts';
import { formatMs, type Benchmark } from './benchmark.ts';
import { measureInTurn, median } from './measure.ts';

/** How long the plugin takes to say its version, beside a script that does nothing. */
export const startup: Benchmark = {
  name: 'startup',
  title: 'Start-up',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    try {
      const empty = join(folder, 'empty.mjs');
      await writeFile(empty, '');
      const [ours, nothing] = await measureInTurn(
        [
          { name: 'version --client', args: [process.execPath, launcher, 'version', '--client'] },
          { name: 'empty script', args: [process.execPath, empty] },
        ],
        21,
      );
      const versionMs = median(ours!.map(({ wallMs }) => wallMs));
      const emptyMs = median(nothing!.map(({ wallMs }) => wallMs));
      const ratio = versionMs / emptyMs;
      return [
        {
          what: '`version --client`',
          measured: formatMs(versionMs),
          baseline: `an empty Node script, ${formatMs(emptyMs)}`,
          ratio: `${ratio.toFixed(2)}x`,
          bar: '<= 1.3x',
          holds: ratio <= 1.3,
        },
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
