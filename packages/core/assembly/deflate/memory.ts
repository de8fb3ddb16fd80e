/**
 * Where things lie in the module's memory. AssemblyScript puts its constants below 64 KiB; of the rest of what the
 * module needs all has a fixed place, up to {@link heap}, from which on the memory is the caller's.
 */

/** What one block holds of the input at most. */
export const blockBytes: u32 = 1 << 18;

/** By hash, the address at which bytes with that hash were seen last: u32. */
export const hashBits: u32 = 14;
export const hashTable: u32 = 0x10000;
export const hashTableBytes: u32 = 4 << hashBits;

/** How often the first and the second halves of tokens come in a block: u32, see `matches.ts`. */
export const halves: u32 = 512;
export const firstCounts: u32 = hashTable + hashTableBytes;
export const secondCounts: u32 = firstCounts + 4 * halves;
/** The bits that stand for each of them, in the same order: u32, see `deflate.ts`. */
export const firstBits: u32 = secondCounts + 4 * halves;
export const secondBits: u32 = firstBits + 4 * halves;

/**
 * The three alphabets of a block (RFC 1951, 3.2.7): literals and lengths, distances, and the lengths of the codes of
 * those two. Of each the count of each symbol (u32), the length of its code (u8) and the code (u16). The distances'
 * counts are the first of the second halves'.
 */
export const mostSymbols: u32 = 288;
export const literalCounts: u32 = secondBits + 4 * halves;
export const distanceCounts: u32 = secondCounts;
export const lengthCounts: u32 = literalCounts + 4 * mostSymbols;
export const literalLengths: u32 = lengthCounts + 4 * mostSymbols;
export const distanceLengths: u32 = literalLengths + mostSymbols;
export const lengthLengths: u32 = distanceLengths + mostSymbols;
export const literalCodes: u32 = lengthLengths + mostSymbols;
export const distanceCodes: u32 = literalCodes + 2 * mostSymbols;
export const lengthCodes: u32 = distanceCodes + 2 * mostSymbols;

/** What `huffman.ts` works with. */
export const nodes: u32 = lengthCodes + 2 * mostSymbols;
export const otherNodes: u32 = nodes + 4 * mostSymbols;
export const digitCounts: u32 = otherNodes + 4 * mostSymbols;
export const digitCountsBytes: u32 = 4 << 10;
export const countsByLength: u32 = digitCounts + digitCountsBytes;
export const nextCodes: u32 = countsByLength + 4 * 16;

/** The lengths of a block's codes, one after another (u8), and the runs that they are written as (u16). */
export const allLengths: u32 = nextCodes + 4 * 16;
export const runs: u32 = allLengths + 2 * mostSymbols;

/** A block's tokens: u32. There are never more than one for each two bytes, and one. */
export const tokens: u32 = 0x30000;

export const heap: u32 = tokens + 2 * blockBytes + 64;
