import { expect, test } from 'vitest';
import type { Change } from './compare-manifests.ts';
import { summarizeChanges } from './summarize-changes.ts';

const changed = (before: unknown, after: unknown): Change => ({ kind: 'changed', path: ['spec', 'x'], before, after });

const cases: Record<string, [changes: Change[], line: string]> = {
  'a value that changed, from what to what': [[changed(1, 2)], 'spec.x 1 -> 2'],
  'text that fits': [[changed('nginx:1.2', 'nginx:1.3')], 'spec.x nginx:1.2 -> nginx:1.3'],
  'text that is too long by its path': [[changed('a', 'a'.repeat(41))], '~spec.x'],
  'text of several lines by its path': [[changed('a', 'a\nb')], '~spec.x'],
  'a list that became text by its path': [[changed(['a'], 'a')], '~spec.x'],
  'a masked value by its path': [[changed('*** (before)', '*** (after)')], '~spec.x'],
  'what came, went and moved': [
    [
      { kind: 'added', path: ['spec', 'containers', { key: { name: 'web' } }], after: { name: 'web' } },
      { kind: 'removed', path: ['metadata', 'labels', 'example.com/a'], before: 'b' },
      { kind: 'reordered', path: ['spec', 'initContainers'] },
    ],
    '+spec.containers[name=web], -metadata.labels["example.com/a"], ~spec.initContainers',
  ],
  'how many more there are than three': [
    Array.from({ length: 5 }, () => changed(1, 2)),
    'spec.x 1 -> 2, spec.x 1 -> 2, spec.x 1 -> 2, 2 more',
  ],
  'nothing as nothing': [[], ''],
};
test.each(Object.entries(cases))('names %s', (_, [changes, line]) => {
  expect(summarizeChanges(changes)).toBe(line);
});
