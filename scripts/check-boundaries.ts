/**
 * Holds the direction rules of .dependency-cruiser.cjs against the code, and then proves that they bite: every rule
 * must be broken by the known-bad tree in test/boundaries, and imports between workspaces must have been followed.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

interface Cruise {
  readonly summary: { readonly violations: readonly Violation[] };
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
}

const root = resolve(import.meta.dirname, '..');
const configFile = resolve(root, '.dependency-cruiser.cjs');

function cruise(directory: string, folders: readonly string[]): Cruise {
  const program = resolve(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const output = execFileSync(
    process.execPath,
    [
      program,
      '--config',
      configFile,
      '--output-type',
      'json',
      '--ts-config',
      resolve(root, 'tsconfig.base.json'),
      ...folders,
    ],
    { cwd: directory, maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(output.toString()) as Cruise;
}

const problems: string[] = [];
const house = cruise(root, ['packages', 'plugin', 'extension', 'test', 'scripts']);
for (const { rule, from, to } of house.summary.violations) problems.push(`${rule.name}: ${from} -> ${to}`);

const followed = house.modules.some(
  (module) =>
    module.source.startsWith('packages/storage/') &&
    module.dependencies.some(({ resolved }) => resolved === 'packages/core/src/index.ts'),
);
if (!followed) problems.push('imports between workspaces are not followed, so the rules see nothing');

const bad = cruise(resolve(root, 'test/boundaries'), ['packages', 'plugin', 'extension']);
const bitten = new Set(bad.summary.violations.map(({ rule }) => rule.name));
const { forbidden } = createRequire(import.meta.url)(configFile) as { forbidden: readonly { name: string }[] };
for (const { name } of forbidden) {
  if (!bitten.has(name)) problems.push(`rule '${name}' does not bite: test/boundaries breaks it and it says nothing`);
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${house.modules.length} modules keep ${forbidden.length} direction rules, each of which bites`);
