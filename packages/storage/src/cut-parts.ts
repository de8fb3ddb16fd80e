/** Cuts a stream into parts of exactly `partBytes(n)` bytes, n from 1, the last one shorter; an empty stream is one empty part. */
export async function* cutParts(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: (partNumber: number) => number,
): AsyncGenerator<{ readonly partNumber: number; readonly bytes: Buffer; readonly isLast: boolean }> {
  let partNumber = 1;
  let size = partBytes(partNumber);
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    heldBytes += chunk.length;
    // More than a part, not as much: whether a part is the last one shows by what comes after it.
    while (heldBytes > size) {
      const all = Buffer.concat(held, heldBytes);
      yield { partNumber, bytes: all.subarray(0, size), isLast: false };
      held = [all.subarray(size)];
      heldBytes -= size;
      size = partBytes(++partNumber);
    }
  }
  yield { partNumber, bytes: Buffer.concat(held, heldBytes), isLast: true };
}
