import type { Manifest } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { documentText, type ObjectSpec } from './document-text.ts';
import { backupDocument, comparedDocuments, parseDocumentQuery, type Side } from './document-uri.ts';

const ref = { type: 'secrets', namespace: 'shop', name: 'token' };
const live: Side = { from: 'live', context: 'prod', ref };
const backup: Side = { from: 'backup', location: 'local', backup: 'nightly', ref };

const secret = (password: string, resourceVersion: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'token', namespace: 'shop', resourceVersion },
  data: { password: Buffer.from(password).toString('base64'), user: 'YWRtaW4=' },
});

const read = (side: Side): Promise<Manifest | undefined> =>
  Promise.resolve(side.from === 'live' ? secret('hunter2', '7') : secret('hunter3', '4'));

describe('documentText', () => {
  it.each([true, false])(
    'never shows a value of a Secret, and still shows that it changed (noise hidden: %s)',
    async (hideNoise) => {
      const texts = await Promise.all(
        (['left', 'right'] as const).map((show) =>
          documentText({ show, left: live, right: backup }, read, { hideNoise }),
        ),
      );
      expect(texts[0]).toMatch(/password: ['"]\*\*\* \(before\)['"]/);
      expect(texts[1]).toMatch(/password: ['"]\*\*\* \(after\)['"]/);
      for (const text of texts) {
        expect(text).toMatch(/user: ['"]\*\*\*['"]/);
        expect(text.includes('resourceVersion')).toBe(!hideNoise);
      }
    },
  );

  it('is empty for a side that does not exist', async () => {
    const nothing = (side: Side): Promise<Manifest | undefined> =>
      side.from === 'live' ? Promise.resolve(undefined) : read(side);
    expect(await documentText({ show: 'left', left: live, right: backup }, nothing, { hideNoise: true })).toBe('');
  });
});

describe('document URIs', () => {
  it('end in .yaml and say everything that is needed to fill the document again', () => {
    const [left] = comparedDocuments(live, backup);
    const { pathname, search } = new URL(left);
    expect(decodeURIComponent(pathname)).toBe('/live in prod/shop/secrets/token.yaml');
    const spec = parseDocumentQuery(decodeURIComponent(search.slice(1)));
    expect(spec).toEqual({ show: 'left', left: live, right: backup } satisfies ObjectSpec);
  });

  it('are the same for the same object, so that badges find it', () => {
    const entry = { ...ref, uid: 'u', sizeBytes: 7 };
    expect(backupDocument('local', 'nightly', entry)).toBe(backupDocument('local', 'nightly', ref));
  });

  it('that were never made here show nothing', () => {
    expect(parseDocumentQuery('{"show":"whole"}')).toBeUndefined();
    expect(parseDocumentQuery('nonsense')).toBeUndefined();
  });
});
