import type { Shell } from '../shell.ts';
import { renderJson } from './json.ts';

/** Prints a value in a format for programs. */
export async function showStructured(value: unknown, format: 'json' | 'yaml', shell: Shell): Promise<void> {
  const render = format === 'json' ? renderJson : (await import('./yaml.ts')).renderYaml;
  await shell.out.write(render(value));
}
