import type { Backup } from '../archive/open-backup.ts';
import type { Manifest } from '../object/manifest.ts';
import type { TypeName } from '../object/resource-type.ts';

/** The type of CustomResourceDefinitions, each of which is named as the type that it defines. */
export const definitionType: TypeName = 'customresourcedefinitions.apiextensions.k8s.io';

/**
 * Finds the CustomResourceDefinition of a type in the first of the backups that has it; each is read once. Undefined
 * for built-in types and where no backup has one.
 */
export function definitionsOf(...backups: readonly Backup[]): (type: TypeName) => Promise<Manifest | undefined> {
  const known = new Map<TypeName, Promise<Manifest | undefined>>();
  const read = async (type: TypeName): Promise<Manifest | undefined> => {
    for (const backup of backups) {
      const entry = await backup.find({ type: definitionType, name: type });
      if (entry !== undefined) return JSON.parse((await backup.read(entry)).toString()) as Manifest;
    }
    return undefined;
  };
  return (type) => {
    // Types of the core group are built in.
    const found = known.get(type) ?? (type.includes('.') ? read(type) : Promise.resolve(undefined));
    known.set(type, found);
    return found;
  };
}
