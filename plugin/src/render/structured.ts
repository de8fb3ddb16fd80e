import { dump } from 'js-yaml';

/** The value as kubectl prints JSON: four blanks an indent, a newline at the end. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}

/** The value as kubectl prints YAML: lists at the level of their key, no line is folded; strings that YAML 1.1 would read otherwise are quoted. */
export function renderYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true, seqNoIndent: true });
}
