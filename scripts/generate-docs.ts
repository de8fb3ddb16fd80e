/**
 * Writes the docs that are made from tables in the code. With `--check` it writes nothing and fails when one is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCodes, exitCodes, exitCodeOf } from '@infrabackup/core';
import { format, resolveConfig } from 'prettier';

function exitCodesPage(): string {
  const outcomes = exitCodes.map((row) => `| ${row.exitCode} | ${row.name} | ${row.meaning} |`);
  const errors = Object.entries(errorCodes).map(
    ([code, { outcome, meaning }]) => `| \`${code}\` | ${exitCodeOf(outcome)} | ${meaning} |`,
  );
  return `# Exit codes

Made by \`npm run docs\` from packages/core/src/errors/codes.ts. Do not edit.

Every command ends with one of these, and prints an error as \`error: ...\` and, where there is one, \`hint: ...\` with the
next command to type. With \`-o json\` the error is an object on standard error with \`code\`, \`message\`, \`hint\` and
\`exitCode\`.

| exit code | name | meaning |
| --- | --- | --- |
${outcomes.join('\n')}

## Error codes

A script that needs more than the exit code reads \`code\`.

| code | exit code | meaning |
| --- | --- | --- |
${errors.join('\n')}
`;
}

const pages: Readonly<Record<string, () => string>> = {
  'docs/exit-codes.md': exitCodesPage,
};

const root = resolve(import.meta.dirname, '..');
const stale: string[] = [];
for (const [path, make] of Object.entries(pages)) {
  const file = resolve(root, path);
  const text = await format(make(), { ...(await resolveConfig(file)), parser: 'markdown' });
  if (process.argv.includes('--check')) {
    if (readFileSync(file, 'utf8') !== text) stale.push(path);
  } else writeFileSync(file, text);
}
if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run 'npm run docs'`);
  process.exit(1);
}
