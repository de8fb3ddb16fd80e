import type { ObjectRef } from '../object/ref.ts';
import { parseManifest } from '../object/parse-manifest.ts';
import { renderYaml } from '../object/render-yaml.ts';
import { visibleManifest } from './hidden-fields.ts';

/** An object's JSON as the YAML that somebody might have written: without what the server owns. */
export function declaredYaml(json: Buffer): string {
  return renderYaml(visibleManifest(parseManifest(json)));
}

/** Where an object's YAML lies in a folder of them: `NAMESPACE/TYPE/NAME.yaml`, `cluster` for those of none. */
export function declaredPath({ type, namespace = 'cluster', name }: ObjectRef): string {
  return `${namespace}/${type}/${name}.yaml`;
}
