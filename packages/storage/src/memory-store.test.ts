import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '@infrabackup/core';
import { storeConformance } from './conformance.ts';

storeConformance('the memory store', () => Promise.resolve(openMemoryStore()), { bufferedMiB: Infinity });

storeConformance(
  'the memory store without its capabilities',
  () => Promise.resolve(openMemoryStore({ capabilities: { conditionalCreate: false, rangedRead: false } })),
  { bufferedMiB: Infinity },
);

describe('the memory store', () => {
  it('lets racing creates all win when conditional create is switched off, as weak stores do', async () => {
    const store = openMemoryStore({ capabilities: { conditionalCreate: false } });
    const outcomes = await Promise.allSettled([1, 2, 3].map((i) => store.create('k', Buffer.from(String(i)))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });
});
