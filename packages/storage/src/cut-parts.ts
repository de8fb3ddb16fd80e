/** Most values are short; what goes on after a part is as long as one. */
const leastBytes = 1 << 16;

/**
 * Cuts a stream into parts of exactly `partBytes(n)` bytes, n from 1, the last one shorter; an empty stream is one empty
 * part. Each part has its memory for itself.
 */
export async function* cutParts(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: (partNumber: number) => number,
): AsyncGenerator<{ readonly partNumber: number; readonly bytes: Buffer; readonly isLast: boolean }> {
  let partNumber = 1;
  let size = partBytes(partNumber);
  let part = Buffer.alloc(0);
  let used = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length;) {
      // Whether a part is the last one shows by what comes after it.
      if (used === size) {
        yield { partNumber, bytes: part, isLast: false };
        size = partBytes(++partNumber);
        part = Buffer.alloc(0);
        used = 0;
      }
      const bytes = chunk.subarray(taken, taken + size - used);
      if (used + bytes.length > part.length) {
        const longer = Buffer.allocUnsafeSlow(
          partNumber > 1 ? size : Math.min(size, Math.max(2 * part.length, used + bytes.length, leastBytes)),
        );
        part.copy(longer);
        part = longer;
      }
      part.set(bytes, used);
      used += bytes.length;
      taken += bytes.length;
    }
  }
  yield { partNumber, bytes: part.subarray(0, used), isLast: true };
}
