import type { Spool } from '../archive/spool.ts';

/** A spool in memory, for tests. Appends settle in their own time, as those of a disk do. */
export function memorySpool(): Spool {
  const chunks: { readonly offset: number; readonly bytes: Buffer }[] = [];
  let length = 0;
  return {
    async append(bytes) {
      const offset = length;
      length += bytes.length;
      await new Promise((resolve) => setImmediate(resolve));
      // Copied only now: whoever changes bytes before the promise resolves is caught.
      chunks.push({ offset, bytes: Buffer.from(bytes) });
      return offset;
    },
    async read(offset, wanted) {
      const whole = Buffer.alloc(wanted);
      await this.readInto(offset, whole);
      return whole;
    },
    readInto(offset, whole) {
      const wanted = whole.length;
      let found = 0;
      for (const chunk of chunks) {
        const from = Math.max(offset, chunk.offset);
        const to = Math.min(offset + wanted, chunk.offset + chunk.bytes.length);
        if (from >= to) continue;
        found += chunk.bytes.copy(whole, from - offset, from - chunk.offset, to - chunk.offset);
      }
      return found === wanted ? Promise.resolve() : Promise.reject(new Error(`the spool has no ${offset}+${wanted}`));
    },
    close: () => Promise.resolve(),
  };
}
