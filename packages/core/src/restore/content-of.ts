import { hash } from 'node:crypto';
import { canonicalJson } from '../archive/canonical-json.ts';
import { visibleManifest } from '../diff/hidden-fields.ts';
import type { Manifest } from '../object/manifest.ts';
import { stringifyExactly } from '../object/parse-manifest.ts';

/** Digests objects for one run: of a short secret a plain hash would tell too much to be kept or passed on. */
export interface ContentDigester {
  /**
   * Of what a person would call the object: the same whatever the order of members, the status and the server's
   * bookkeeping. Owner references count by kind and name.
   */
  contentOf(manifest: Manifest): string;
  /** Of what is to be sent, member by member in its order; without owner references, whose uids may not exist yet. */
  requestOf(body: Manifest): string;
}

/** The digester of a run, by its random key. */
export function contentDigester(key: string): ContentDigester {
  const keyed = (text: string): string => hash('sha256', `${key}\n${text}`, 'base64url');
  return {
    contentOf: (manifest) => keyed(canonicalJson(visibleManifest(manifest))),
    requestOf: (body) =>
      keyed(stringifyExactly({ ...body, metadata: { ...body.metadata, ownerReferences: undefined } })),
  };
}

/** For a plan that is only looked at: digests nothing. A run would take every object of such a plan for moved. */
export const noDigester: ContentDigester = { contentOf: () => '', requestOf: () => '' };
