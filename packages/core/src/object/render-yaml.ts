import { DUMP_SCHEMA, dump } from 'js-yaml';

const intTag = DUMP_SCHEMA.tags.find(({ tagName }) => tagName === 'tag:yaml.org,2002:int')!;

/** What YAML 1.1 would misread is quoted, and BigInt is a number. */
const schema = DUMP_SCHEMA.withTags({
  ...(intTag as Extract<typeof intTag, { nodeKind: 'scalar' }>),
  identify: (data) => typeof data === 'bigint' || intTag.identify(data),
  represent: String,
});

/** The value as kubectl prints YAML: lists at the level of their key, no line folded, whole numbers of any size in full. */
export function renderYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true, seqNoIndent: true, quoteStyle: 'double', schema });
}
