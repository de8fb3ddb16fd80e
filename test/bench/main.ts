import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { archive } from './archive.ts';
import { formatRows, type Benchmark } from './benchmark.ts';
import { create } from './create.ts';
import { diffTwoBackups } from './diff-backups.ts';
import { diffLive } from './diff-live.ts';
import { encrypt } from './encrypt.ts';
import { peersTitle, readSection } from './page-section.ts';
import { restore } from './restore.ts';
import { s3 } from './s3.ts';
import { startup } from './startup.ts';

const benchmarks: readonly Benchmark[] = [startup, archive, create, encrypt, diffTwoBackups, diffLive, restore, s3];

const usage = `Measure what is promised, each beside its baseline in the same run.

Usage: npm run bench -- [NAME...] [--write]

  NAME     one of ${benchmarks.map(({ name }) => name).join(', ')}; all when left out
  --write  write the tables to docs/benchmarks.md (all benchmarks, on a machine that does nothing else)

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
  const sections: string[] = [];
  for (const benchmark of chosen) {
    process.stderr.write(`${benchmark.name}\n`);
    const rows = await benchmark.run((text) => process.stderr.write(`  ${text}\n`));
    const section = `## ${benchmark.title}\n\n${formatRows(rows)}\n`;
    process.stdout.write(`${section}\n`);
    sections.push(section);
  }
  if (!values.write) return;
  const file = resolve(import.meta.dirname, '../../docs/benchmarks.md');
  const peers = readSection(await readFile(file, 'utf8'), peersTitle);
  await writeFile(file, page([...sections, peers].filter((section) => section !== '')));
}

function page(sections: readonly string[]): string {
  const machine = `${cpus()[0]?.model ?? 'an unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `# Benchmarks

Made by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, Node ${process.version}, the API
server on the same machine. Each figure stands beside its baseline of the same run, the commands in turn, medians after a
warm-up. Absolute times say little on another machine; ratios do.

${sections.join('\n')}`;
}
