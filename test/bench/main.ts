import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { archive } from './archive.ts';
import { formatRows, type Benchmark } from './benchmark.ts';
import { create } from './create.ts';
import { diffTwoBackups } from './diff-backups.ts';
import { diffLive } from './diff-live.ts';
import { encrypt } from './encrypt.ts';
import { writeSection } from './page-section.ts';
import { restore } from './restore.ts';
import { s3 } from './s3.ts';
import { startup } from './startup.ts';

const benchmarks: readonly Benchmark[] = [startup, archive, create, encrypt, diffTwoBackups, diffLive, restore, s3];

const usage = `Measure what is promised, each beside its baseline in the same run.

Usage: npm run bench -- [NAME...] [--write]

  NAME     one of ${benchmarks.map(({ name }) => name).join(', ')}; all when left out
  --write  write what was measured into docs/benchmarks.md, in the place of what stood there of the same
           benchmarks; for a machine that does nothing else

The first run fills clusters and keeps them in your cache folder, which takes some minutes.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
});

if (values.help) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}\n\n${usage}`);
  const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  for (const benchmark of chosen) {
    process.stderr.write(`${benchmark.name}\n`);
    const table = formatRows(await benchmark.run((text) => process.stderr.write(`  ${text}\n`)));
    process.stdout.write(`## ${benchmark.title}\n\n${table}\n\n`);
    if (values.write) await writeSection(benchmark.title, howMeasured(benchmark.name), table);
  }
}

function howMeasured(name: string): string {
  const machine = `${cpus()[0]?.model ?? 'an unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  return `\`npm run bench -- ${name}\` on ${new Date().toISOString().slice(0, 10)}: ${machine}.`;
}
