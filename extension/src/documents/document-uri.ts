import type { ObjectRef } from '@infrabackup/core';

/** The scheme of every read-only document of this extension. */
export const documentScheme = 'infrabackup';

/** Where one side of a comparison, or a document alone, comes from. */
export type Side =
  | { readonly from: 'backup'; readonly location: string; readonly backup: string; readonly ref: ObjectRef }
  | { readonly from: 'live'; readonly context: string; readonly ref: ObjectRef }
  /** The object before a run changed it. */
  | { readonly from: 'kept'; readonly run: string; readonly ref: ObjectRef }
  /** The manifest of that object in a YAML file, by the file's URI. */
  | { readonly from: 'file'; readonly file: string; readonly kind: string; readonly ref: ObjectRef };

/** The object as it is live, or as carrying the plan out would leave it. */
export type PreviewSide = 'live' | 'after';

/** What a document shows. Everything is in its URI, so that a reloaded window can fill it again. */
export type DocumentSpec =
  | { readonly show: 'whole'; readonly of: Side }
  /** One side of a comparison: what is masked or hidden in it depends on the other. */
  | { readonly show: 'left' | 'right'; readonly left: Side; readonly right: Side }
  /** One side of a planned change. Gone with the preview. */
  | { readonly show: 'preview'; readonly preview: string; readonly side: PreviewSide; readonly ref: ObjectRef }
  /** What a backup says of itself. */
  | { readonly show: 'summary'; readonly location: string; readonly backup: string };

/** The document of an object of a backup. */
export function backupDocument(location: string, backup: string, { type, namespace, name }: ObjectRef): string {
  const ref = { type, ...(namespace !== undefined && { namespace }), name };
  return documentUri({ show: 'whole', of: { from: 'backup', location, backup, ref } });
}

/** The two documents of a comparison, left first. */
export function comparedDocuments(left: Side, right: Side): readonly [left: string, right: string] {
  return [documentUri({ show: 'left', left, right }), documentUri({ show: 'right', left, right })];
}

/** The document of one side of a planned change. */
export function previewDocument(preview: string, side: PreviewSide, { type, namespace, name }: ObjectRef): string {
  const ref = { type, ...(namespace !== undefined && { namespace }), name };
  return documentUri({ show: 'preview', preview, side, ref });
}

/** The document of a backup's summary. */
export function summaryDocument(location: string, backup: string): string {
  return documentUri({ show: 'summary', location, backup });
}

/** The URI of a document. Its path is what a person reads in a tab; it ends in `.yaml`, so that the editor takes it for that. */
function documentUri(spec: DocumentSpec): string {
  const path = pathOf(spec).map(encodeURIComponent).join('/');
  return `${documentScheme}:/${path}.yaml?${encodeURIComponent(JSON.stringify(spec))}`;
}

function pathOf(spec: DocumentSpec): readonly string[] {
  if (spec.show === 'summary') return [spec.location, spec.backup];
  if (spec.show === 'preview') return [spec.side === 'live' ? 'live' : 'after', ...pathOfRef(spec.ref)];
  const side = spec.show === 'whole' ? spec.of : spec[spec.show];
  return [sideTitle(side), ...pathOfRef(side.ref)];
}

function pathOfRef({ type, namespace = 'cluster', name }: ObjectRef): readonly string[] {
  return [namespace, type, name];
}

/** What a document of this extension shows, by the query of its URI; undefined for a query that it never made. */
export function parseDocumentQuery(query: string): DocumentSpec | undefined {
  try {
    const spec = JSON.parse(query) as DocumentSpec;
    if (spec.show === 'summary') return typeof spec.backup === 'string' ? spec : undefined;
    if (spec.show === 'preview') return typeof spec.ref.name === 'string' ? spec : undefined;
    const sides = spec.show === 'whole' ? [spec.of] : [spec.left, spec.right];
    return sides.every(({ from, ref }) => typeof from === 'string' && typeof ref.name === 'string') ? spec : undefined;
  } catch {
    return undefined;
  }
}

/** What a side is called in the title of a comparison. */
export function sideTitle(side: Side): string {
  switch (side.from) {
    case 'backup':
      return side.backup;
    case 'live':
      return `live in ${side.context}`;
    case 'kept':
      return 'before';
    case 'file':
      return side.file.slice(side.file.lastIndexOf('/') + 1);
  }
}
