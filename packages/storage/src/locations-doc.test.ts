import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drivers } from './open-store.ts';

const page = readFileSync(new URL('../../../docs/locations.md', import.meta.url), 'utf8');
const sections = page.split(/^## /m);

it.each([...drivers])('docs/locations.md has a section on %s: with exactly its options', (_, { example, options }) => {
  const section = sections.find((text) => text.split('\n', 1)[0]!.includes(`\`${example}\``)) ?? '';
  const rows = Array.from(section.matchAll(/^\| `(\w+)` *\| (.*?) *\|$/gm), ([, name, takes]) => [name, takes]);
  expect(rows).toEqual(Object.entries(options).map(([name, { takes }]) => [name, takes]));
});
