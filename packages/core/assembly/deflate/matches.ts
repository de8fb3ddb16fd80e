import { firstCounts, hashBits, hashTable, secondCounts, tokens } from './memory';

/**
 * The input as tokens: a match, or one or two literals. A token has a first half (9 bits) and a second (9 bits), each
 * with a code of its own, and the extra bits of a distance (13 bits). So all are written in the same way, without a
 * branch that no processor could predict.
 */
export const halfBits: u32 = 9;
/** The first half: a literal, or from here on the length of a match, less {@link leastLength}. */
export const firstLength: u32 = 256;
/** The second half: the symbol of a match's distance, nothing, or from {@link secondLiteral} on a second literal. */
export const nothing: u32 = 30;
export const secondLiteral: u32 = 32;

/** RFC 1951, 3.2.5. Of matches only those of 5 bytes are looked for. */
export const leastLength: u32 = 3;
const mostLength: u32 = 258;
const windowBits: u32 = 15;

/** 5 bytes of the 8 that are loaded are hashed and compared. */
const unhashedBits: u64 = 24;
const multiplier: u64 = 0x9e3779b185ebca87 << unhashedBits;

/** After each 32 bytes without a match a step gets two bytes longer. */
const patienceBits: u32 = 5;

const stepBytes: u32 = 32;
/** What is not searched at the end: so nothing past it is looked at, but for what a match is cut back from. */
const tailBytes: u32 = stepBytes + 8;

/** Makes tokens of [from, to), which takes its matches from all that was searched before, and counts their halves. */
export function findMatches(from: u32, to: u32): u32 {
  let token = tokens;
  let at = from;
  let literals = from;
  const last = max(from + tailBytes, to) - tailBytes;
  while (at < last) {
    let bytes = load<u64>(at);
    let candidate = exchange(bytes, at);
    if (differs(bytes, at, candidate)) {
      bytes = load<u64>(at + 1);
      candidate = exchange(bytes, at + 1);
      if (differs(bytes, at + 1, candidate)) {
        token = putPair(token, at);
        at += 2;
        for (let skip = (at - literals) >>> patienceBits; skip > 0 && at < last; skip--) {
          token = putPair(token, at);
          at += 2;
        }
        continue;
      }
      token = putToken(token, load<u8>(at), nothing, 0);
      at++;
    }
    let length = commonBytes(at, candidate);
    if (length == stepBytes) length = longLength(at, candidate, min(mostLength, to - at));
    token = putMatch(token, length, at - candidate - 1);
    // Not more than two of the positions in a match are worth their time.
    exchange(load<u64>(at + 1), at + 1);
    at += length;
    exchange(load<u64>(at - 1), at - 1);
    literals = at;
  }
  for (; at + 1 < to; at += 2) token = putPair(token, at);
  return at < to ? putToken(token, load<u8>(at), nothing, 0) : token;
}

/** Puts the position into the hash table; what was there. */
function exchange(bytes: u64, at: u32): u32 {
  const slot = hashTable + (((bytes * multiplier) >>> (64 - hashBits)) as u32) * 4;
  const candidate = load<u32>(slot);
  store<u32>(slot, at);
  return candidate;
}

/** Whether the candidate is no match, since its bytes differ or it lies too far back, as an empty slot always does. */
function differs(bytes: u64, at: u32, candidate: u32): bool {
  const tooFar = (at - candidate - 1) >>> windowBits;
  return (((bytes ^ load<u64>(candidate)) << unhashedBits) | (tooFar as u64)) != 0;
}

/** How many bytes are the same at both, up to {@link stepBytes}. */
function commonBytes(a: u32, b: u32): u32 {
  const low = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) as u32;
  const high = i8x16.bitmask(i8x16.eq(v128.load(a, 16), v128.load(b, 16))) as u32;
  return ctz(~(low | (high << 16)));
}

/** The length of a match of at least {@link stepBytes}. */
function longLength(at: u32, candidate: u32, most: u32): u32 {
  let length = stepBytes;
  let more = stepBytes;
  while (more == stepBytes && length < most) {
    more = commonBytes(at + length, candidate + length);
    length += more;
  }
  return min(length, most);
}

function putPair(token: u32, at: u32): u32 {
  return putToken(token, load<u8>(at), secondLiteral + load<u8>(at, 1), 0);
}

/** RFC 1951, 3.2.5: from 4 on two symbols for each power of two, told apart by the bit below the highest one. */
function putMatch(token: u32, length: u32, distanceLess1: u32): u32 {
  const extraBits = 30 - clz(distanceLess1 | 3);
  const top = distanceLess1 >>> extraBits;
  return putToken(token, firstLength + length - leastLength, 2 * extraBits + top, distanceLess1 ^ (top << extraBits));
}

function putToken(token: u32, first: u32, second: u32, extra: u32): u32 {
  increment(firstCounts + 4 * first);
  increment(secondCounts + 4 * second);
  store<u32>(token, first | (second << halfBits) | (extra << (2 * halfBits)));
  return token + 4;
}

function increment(counter: u32): void {
  store<u32>(counter, load<u32>(counter) + 1);
}
