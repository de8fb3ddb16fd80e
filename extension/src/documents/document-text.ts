import {
  maskSecrets,
  readableTexts,
  redact,
  renderYaml,
  typeName,
  visibleManifest,
  type ArchiveHeader,
  type Manifest,
} from '@infrabackup/core';
import type { DocumentSpec, Side } from './document-uri.ts';

/** How documents are shown. */
export interface TextOptions {
  /** Leave out what the server owns, so that only what somebody wished differs. */
  readonly hideNoise: boolean;
}

/** What shows objects. */
export type ObjectSpec = Exclude<DocumentSpec, { readonly show: 'summary' | 'preview' }>;

/** Finds the manifest of a side; undefined when there is no such object. */
export type ReadSide = (side: Side) => Promise<Manifest | undefined>;

/**
 * The YAML of a document; empty for an object that does not exist.
 *
 * Values of Secrets are masked always, and in a comparison so that a change still shows.
 */
export async function documentText(spec: ObjectSpec, readSide: ReadSide, options: TextOptions): Promise<string> {
  if (spec.show === 'whole') {
    const manifest = await readSide(spec.of);
    if (manifest === undefined) return '';
    const shown = redact(manifest);
    return toYaml(options.hideNoise ? visibleManifest(shown, { status: true }) : shown);
  }
  const [left, right] = await Promise.all([readSide(spec.left), readSide(spec.right)]);
  const [before, after] = comparedTexts(left, right, options);
  return spec.show === 'left' ? before : after;
}

/** Both sides of a comparison as YAML; empty for one that does not exist. */
export function comparedTexts(
  left: Manifest | undefined,
  right: Manifest | undefined,
  { hideNoise }: TextOptions,
): readonly [left: string, right: string] {
  if (hideNoise) return readableTexts(left, right);
  const [before, after] = maskSecrets(left, right);
  return [toYaml(before), toYaml(after)];
}

/** A backup's summary for people: counts for types, and without the directory of its index. */
export function summaryText({ types, index, ...summary }: ArchiveHeader): string {
  const { blocks, ...file } = index;
  const counts = types.filter(({ count }) => count > 0).map((type) => [typeName(type), type.count] as const);
  return toYaml({ ...summary, types: Object.fromEntries(counts) as object, index: { ...file, blocks: blocks.length } });
}

function toYaml(manifest: object | undefined): string {
  return manifest === undefined ? '' : renderYaml(manifest);
}
