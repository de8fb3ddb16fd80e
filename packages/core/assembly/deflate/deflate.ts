/**
 * DEFLATE (RFC 1951), as fast as may be: blocks with codes of their own, of matches that a table with one place for
 * each hash finds, and stored blocks where that is no smaller.
 *
 * The output depends on nothing but the input. Source: https://www.rfc-editor.org/rfc/rfc1951
 */
import { buildCode } from './huffman';
import { findMatches, firstLength, halfBits, nothing, secondLiteral } from './matches';
import {
  allLengths,
  blockBytes,
  distanceCodes,
  distanceCounts,
  distanceLengths,
  firstBits,
  firstCounts,
  halves,
  hashTable,
  hashTableBytes,
  heap,
  lengthCodes,
  lengthCounts,
  lengthLengths,
  literalCodes,
  literalCounts,
  literalLengths,
  runs,
  secondBits,
  secondCounts,
  tokens,
} from './memory';

export { heap };

/** RFC 1951, 3.2.4. */
const storedBytes: u32 = 65535;
const storedHeaderBytes: u32 = 5;
/** Beyond the end of the input as much may be read, and beyond that of the output written. */
const slackBytes: u32 = 64;
const pageBits: u32 = 16;

/** RFC 1951, 3.2.5 to 3.2.7. */
const endOfBlock: u32 = 256;
const literalSymbols: u32 = 286;
const leastLiteralSymbols: u32 = 257;
const distanceSymbols: u32 = 30;
const lengthSymbols: u32 = 19;
const leastLengthSymbols: u32 = 4;
const codeLimit: u32 = 15;
const lengthCodeLimit: u32 = 7;
const repeatLast: u32 = 16;
const repeatZero: u32 = 17;
const repeatZeroLong: u32 = 18;
const lengthOrder = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]) as u32;

let out: u32 = 0;
/** Fewer than 8 bits that are not written yet. */
let held: u64 = 0;
let heldBits: u32 = 0;

/** The most bytes that so much input becomes, and room for what is written past them. */
export function bound(length: u32): u32 {
  return length + (storedHeaderBytes + 1) * (length / storedBytes + length / blockBytes + 1) + slackBytes;
}

/** Makes the memory reach up to `end` and somewhat further. False where there is no more. */
export function reserve(end: u32): bool {
  const pages = ((end + slackBytes) >>> pageBits) + 1;
  const more = (pages as i32) - memory.size();
  return more <= 0 || memory.grow(more) >= 0;
}

/**
 * Deflates `length` bytes at `source` to `target`; how many bytes that are. Both lie beyond {@link heap}, do not
 * overlap and are reserved, the target as much as {@link bound} says.
 */
export function deflate(source: u32, length: u32, target: u32): u32 {
  out = target;
  held = 0;
  heldBits = 0;
  memory.fill(hashTable, 0, hashTableBytes);
  const end = source + length;
  let from = source;
  do {
    const to = min(from + blockBytes, end);
    deflateBlock(from, to, to == end);
    from = to;
  } while (from < end);
  flush();
  return out - target;
}

function deflateBlock(from: u32, to: u32, isLast: bool): void {
  memory.fill(firstCounts, 0, 2 * 4 * halves);
  const tokensEnd = findMatches(from, to);
  countSymbols();
  buildCode(literalCounts, literalSymbols, codeLimit, literalLengths, literalCodes);
  buildCode(distanceCounts, distanceSymbols, codeLimit, distanceLengths, distanceCodes);
  const literals = usedSymbols(literalLengths, literalSymbols, leastLiteralSymbols);
  const distances = usedSymbols(distanceLengths, distanceSymbols, 1);
  const runsEnd = findRuns(literals, distances);
  buildCode(lengthCounts, lengthSymbols, lengthCodeLimit, lengthLengths, lengthCodes);
  let lengths = lengthSymbols;
  while (lengths > leastLengthSymbols && orderedLength(lengths - 1) == 0) lengths--;

  fillBits();
  if (dynamicBits(lengths) >= storedBits(to - from)) {
    writeStored(from, to, isLast);
    return;
  }
  put((isLast as u32) | (2 << 1), 3);
  put((literals - leastLiteralSymbols) | ((distances - 1) << 5) | ((lengths - leastLengthSymbols) << 10), 14);
  for (let i: u32 = 0; i < lengths; i++) put(orderedLength(i), 3);
  for (let run = runs; run < runsEnd; run += 2) {
    const symbol: u32 = load<u8>(run);
    put(load<u16>(lengthCodes + 2 * symbol), load<u8>(lengthLengths + symbol));
    put(load<u8>(run, 1), runExtraBits(symbol));
  }
  writeTokens(tokensEnd);
  put(load<u16>(literalCodes + 2 * endOfBlock), load<u8>(literalLengths + endOfBlock));
}

/** Makes counts of symbols out of those of the tokens' halves; those of distances are the same. */
function countSymbols(): void {
  memory.fill(literalCounts, 0, 4 * literalSymbols);
  store<u32>(literalCounts + 4 * endOfBlock, 1);
  for (let i: u32 = 0; i < 256; i++) {
    addCount(i, load<u32>(firstCounts + 4 * i) + load<u32>(secondCounts + 4 * (secondLiteral + i)));
    addCount(lengthSymbol(i), load<u32>(firstCounts + 4 * (firstLength + i)));
  }
}

function addCount(symbol: u32, count: u32): void {
  const counter = literalCounts + 4 * symbol;
  store<u32>(counter, load<u32>(counter) + count);
}

/** RFC 1951, 3.2.5: of a length, less 3. Four symbols for each power of two; the greatest has one of its own. */
function lengthSymbol(lengthLess3: u32): u32 {
  if (lengthLess3 == 255) return 285;
  const extraBits = lengthExtraBits(lengthLess3);
  return 257 + 4 * extraBits + (lengthLess3 >>> extraBits);
}

function lengthExtraBits(lengthLess3: u32): u32 {
  return lengthLess3 == 255 ? 0 : 29 - clz(lengthLess3 | 7);
}

function distanceExtraBits(symbol: u32): u32 {
  return symbol < 4 ? 0 : (symbol >>> 1) - 1;
}

function runExtraBits(symbol: u32): u32 {
  if (symbol < repeatLast) return 0;
  return symbol == repeatLast ? 2 : symbol == repeatZero ? 3 : 7;
}

function orderedLength(index: u32): u32 {
  return load<u8>(lengthLengths + load<u8>(lengthOrder + index));
}

function usedSymbols(lengths: u32, symbols: u32, least: u32): u32 {
  while (symbols > least && load<u8>(lengths + symbols - 1) == 0) symbols--;
  return symbols;
}

/** RFC 1951, 3.2.7: the lengths of both codes as one sequence of runs. Where they end. */
function findRuns(literals: u32, distances: u32): u32 {
  memory.fill(lengthCounts, 0, 4 * lengthSymbols);
  memory.copy(allLengths, literalLengths, literals);
  memory.copy(allLengths + literals, distanceLengths, distances);
  const end = allLengths + literals + distances;
  let run = runs;
  let at = allLengths;
  while (at < end) {
    const length: u32 = load<u8>(at);
    let count: u32 = 1;
    while (at + count < end && load<u8>(at + count) == length) count++;
    at += count;
    if (length == 0) {
      for (; count >= 11; count -= min(count, 138)) run = putRun(run, repeatZeroLong, min(count, 138) - 11);
      if (count >= 3) {
        run = putRun(run, repeatZero, count - 3);
        count = 0;
      }
    } else {
      run = putRun(run, length, 0);
      count--;
      for (; count >= 3; count -= min(count, 6)) run = putRun(run, repeatLast, min(count, 6) - 3);
    }
    for (; count > 0; count--) run = putRun(run, length, 0);
  }
  return run;
}

function putRun(run: u32, symbol: u32, extra: u32): u32 {
  store<u8>(run, symbol);
  store<u8>(run, extra, 1);
  const counter = lengthCounts + 4 * symbol;
  store<u32>(counter, load<u32>(counter) + 1);
  return run + 2;
}

/** How long the block is with its own codes. */
function dynamicBits(lengths: u32): u32 {
  let bits: u32 = 3 + 14 + 3 * lengths + load<u8>(literalLengths + endOfBlock);
  for (let i: u32 = 0; i < lengthSymbols; i++) {
    bits += load<u32>(lengthCounts + 4 * i) * (load<u8>(lengthLengths + i) + runExtraBits(i));
  }
  for (let at: u32 = 0; at < 2 * 4 * halves; at += 4) {
    bits += load<u32>(firstCounts + at) * (load<u32>(firstBits + at) >>> 24);
  }
  return bits;
}

function storedBits(length: u32): u32 {
  return 8 * (length + storedHeaderBytes * (length / storedBytes + 1));
}

/** RFC 1951, 3.2.4. */
function writeStored(from: u32, to: u32, isLast: bool): void {
  do {
    const length = min(to - from, storedBytes);
    put((isLast && from + length == to) as u32, 3);
    flush();
    store<u16>(out, length);
    store<u16>(out, ~length, 2);
    memory.copy(out + 4, from, length);
    out += 4 + length;
    from += length;
  } while (from < to);
}

/**
 * For each first half its bits, code and extra bits of a length alike, and in the highest byte how many they are. For
 * each second half its code, above it how long that is, and in the highest byte how many bits it has with those extra.
 */
function fillBits(): void {
  for (let i: u32 = 0; i < 256; i++) {
    const code: u32 = load<u16>(literalCodes + 2 * i);
    const length: u32 = load<u8>(literalLengths + i);
    store<u32>(firstBits + 4 * i, code | (length << 24));
    store<u32>(secondBits + 4 * (secondLiteral + i), code | (length << 16) | (length << 24));
  }
  for (let i: u32 = 0; i < 256; i++) {
    const symbol = lengthSymbol(i);
    const extraBits = lengthExtraBits(i);
    const code: u32 = load<u16>(literalCodes + 2 * symbol);
    const length: u32 = load<u8>(literalLengths + symbol);
    const extra = i & ((1 << extraBits) - 1);
    store<u32>(firstBits + 4 * (firstLength + i), code | (extra << length) | ((length + extraBits) << 24));
  }
  for (let i: u32 = 0; i < distanceSymbols; i++) {
    const code: u32 = load<u16>(distanceCodes + 2 * i);
    const length: u32 = load<u8>(distanceLengths + i);
    store<u32>(secondBits + 4 * i, code | (length << 16) | ((length + distanceExtraBits(i)) << 24));
  }
  store<u32>(secondBits + 4 * nothing, 0);
}

/** A token has up to 48 bits (15 + 5 for a length, 15 + 13 for a distance), which with those held fit into 64. */
function writeTokens(end: u32): void {
  const mask: u32 = halves - 1;
  let to = out;
  let bits = held;
  let count = heldBits as u64;
  for (let at = tokens; at < end; at += 4) {
    const token = load<u32>(at);
    const first = load<u32>(firstBits + 4 * (token & mask));
    const second = load<u32>(secondBits + 4 * ((token >>> halfBits) & mask));
    const extra = token >>> (2 * halfBits);
    const distance = (second & 0xffff) | (extra << ((second >>> 16) & 0xff));
    const firstCount = (first >>> 24) as u64;
    bits |= (((first & 0xffffff) as u64) | ((distance as u64) << firstCount)) << count;
    count += firstCount + ((second >>> 24) as u64);
    store<u64>(to, bits);
    to += (count >>> 3) as u32;
    bits >>= count & ~7;
    count &= 7;
  }
  out = to;
  held = bits;
  heldBits = count as u32;
}

/** Writes up to 16 bits. */
function put(bits: u32, count: u32): void {
  held |= (bits as u64) << heldBits;
  heldBits += count;
  store<u64>(out, held);
  out += heldBits >>> 3;
  held >>= heldBits & ~7;
  heldBits &= 7;
}

/** Goes on at a whole byte. */
function flush(): void {
  out += (heldBits + 7) >>> 3;
  held = 0;
  heldBits = 0;
}
