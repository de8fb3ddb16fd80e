import { describe, expect, it } from 'vitest';
import { outlineOf, type OutlineItem } from './yaml-outline.ts';

const manifest = `apiVersion: v1
kind: Example
metadata:
  annotations:
    note: |-
      looks: like a member

      but: is text
    "odd: key": '1'
  name: web
spec:
  ports:
  - name: http
    port: 80
  - name: https
    port: 443
  type: ClusterIP
`;

describe('outlineOf', () => {
  it('nests members and list items, and leaves the text of block scalars alone', () => {
    expect(drawn(outlineOf(manifest))).toEqual([
      'apiVersion (v1) 0-0',
      'kind (Example) 1-1',
      'metadata 2-9',
      '  annotations 3-8',
      '    note 4-7',
      '    "odd: key" (\'1\') 8-8',
      '  name (web) 9-9',
      'spec 10-17',
      '  ports 11-15',
      '    - http (name) 12-13',
      '      port (80) 13-13',
      '    - https (name) 14-15',
      '      port (443) 15-15',
      '  type (ClusterIP) 16-17',
    ]);
  });

  it('has nothing to show of an empty side', () => {
    expect(outlineOf('')).toEqual([]);
  });
});

function drawn(items: readonly OutlineItem[], indent = ''): string[] {
  return items.flatMap(({ name, detail, startLine, endLine, children }) => [
    `${indent}${name}${detail === '' ? '' : ` (${detail})`} ${startLine}-${endLine}`,
    ...drawn(children, `${indent}  `),
  ]);
}
