import type { Manifest } from '@infrabackup/core';
import { formatAgeAt } from '../render/age.ts';
import { compileJsonPath } from './json-path.ts';
import { ageColumn, nameColumn, objectsIn, textOf, valueAt, type ObjectColumn } from './object-column.ts';

const versionsOf = valueAt('.spec.versions');

/**
 * The columns that a CRD gives its objects: NAME, then its `additionalPrinterColumns` for that version; NAME and AGE
 * when it gives none. Nothing in the CRD is trusted: a path that is none makes an empty column.
 *
 * Source: https://github.com/kubernetes/apiextensions-apiserver/blob/v0.36.3/pkg/registry/customresource/tableconvertor/tableconvertor.go
 */
export function printerColumns(definition: Manifest, version: string): readonly ObjectColumn[] {
  const served = objectsIn(versionsOf(definition)).find(({ name }) => name === version);
  const columns = objectsIn(served?.['additionalPrinterColumns']).map(printerColumn);
  return columns.length === 0 ? [nameColumn, ageColumn] : [nameColumn, ...columns];
}

function printerColumn({ name, type, jsonPath, priority }: Readonly<Record<string, unknown>>): ObjectColumn {
  const find = compileJsonPath(textOf(jsonPath) ?? '') ?? (() => []);
  return {
    header: (textOf(name) ?? '').toUpperCase(),
    wide: typeof priority === 'number' && priority > 0,
    text: (object, nowMs) => cellOf(find(object)[0], type, nowMs),
  };
}

/** A value that is not of the column's type is left blank, as the API server leaves it. */
function cellOf(value: unknown, type: unknown, nowMs: number): string {
  switch (type) {
    case 'string':
      return textOf(value ?? undefined) ?? '';
    case 'date':
      return typeof value === 'string' ? formatAgeAt(value, nowMs) : '';
    case 'integer':
      return typeof value === 'number' ? String(Math.trunc(value)) : '';
    case 'number':
      return typeof value === 'number' ? String(value) : '';
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : '';
    default:
      return '';
  }
}
