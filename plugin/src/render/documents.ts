import type { Shell } from '../shell.ts';
import { renderJson } from './json.ts';

/** Prints manifests as kubectl takes them: YAML documents, or one JSON list. */
export async function showDocuments(
  documents: readonly unknown[],
  format: 'json' | 'yaml',
  shell: Shell,
): Promise<void> {
  if (format === 'json') {
    await shell.out.write(renderJson({ apiVersion: 'v1', kind: 'List', items: documents }));
    return;
  }
  const { renderYaml } = await import('./yaml.ts');
  await shell.out.write(documents.map((document) => renderYaml(document)).join('---\n'));
}
