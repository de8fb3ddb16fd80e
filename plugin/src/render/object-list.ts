import type { Shell } from '../shell.ts';
import { renderJson, sortKeys } from './json.ts';

/** Prints objects one after the other as kubectl's List; nothing is kept. */
export interface ObjectList {
  add(object: unknown): Promise<void>;
  /** Ends the List; call it once, after the last. */
  end(): Promise<void>;
}

/** A List in YAML or JSON, exactly as kubectl prints one. */
export async function objectList(format: 'json' | 'yaml', shell: Shell): Promise<ObjectList> {
  return format === 'json' ? jsonList(shell) : await yamlList(shell);
}

function jsonList(shell: Shell): ObjectList {
  let count = 0;
  return {
    async add(object) {
      const text = renderJson(sortKeys(object)).trimEnd().replaceAll('\n', '\n        ');
      await shell.out.write(`${count === 0 ? '{\n    "apiVersion": "v1",\n    "items": [\n' : ',\n'}        ${text}`);
      count++;
    },
    async end() {
      const start = count === 0 ? '{\n    "apiVersion": "v1",\n    "items": [' : '\n    ';
      await shell.out.write(
        `${start}],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n`,
      );
    },
  };
}

async function yamlList(shell: Shell): Promise<ObjectList> {
  const { renderYaml } = await import('./yaml.ts');
  let count = 0;
  return {
    async add(object) {
      const head = count === 0 ? 'apiVersion: v1\nitems:\n' : '';
      await shell.out.write(head + renderYaml([sortKeys(object)]));
      count++;
    },
    async end() {
      const start = count === 0 ? 'apiVersion: v1\nitems: []\n' : '';
      await shell.out.write(`${start}kind: List\nmetadata:\n  resourceVersion: ""\n`);
    },
  };
}
