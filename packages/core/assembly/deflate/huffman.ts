import { countsByLength, digitCounts, digitCountsBytes, nextCodes, nodes, otherNodes } from './memory';

/** A node is a symbol in the low bits, and above it first a weight, then the index of its parent, then its depth. */
const symbolBits: u32 = 10;
const symbolMask: u32 = (1 << symbolBits) - 1;
const digitBits: u32 = 10;
const mostCodeLength: u32 = 15;

/**
 * The Huffman code for the counts (u32), with no code longer than `limit`: lengths (u8), and codes (u16), the first bit
 * lowest. Two symbols at least get a code, since not every decoder takes one that leaves bits unused.
 */
export function buildCode(counts: u32, symbols: u32, limit: u32, lengths: u32, codes: u32): void {
  let used: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const count = load<u32>(counts + 4 * symbol);
    if (count != 0) setNode(used++, count, symbol);
  }
  for (let symbol: u32 = 0; used < 2; symbol++) {
    if (load<u32>(counts + 4 * symbol) == 0) setNode(used++, 0, symbol);
  }
  sortByDigit(nodes, otherNodes, used, symbolBits);
  sortByDigit(otherNodes, nodes, used, symbolBits + digitBits);
  linkNodes(used);
  countLengths(used, limit);
  memory.fill(lengths, 0, symbols);
  let next: u32 = 0;
  for (let length = limit; length > 0; length--) {
    for (let count = countOf(length); count > 0; count--) store<u8>(lengths + (node(next++) & symbolMask), length);
  }
  assignCodes(symbols, lengths, codes);
}

/** One pass of a radix sort; two sort weights below 2^20. */
function sortByDigit(from: u32, to: u32, count: u32, shift: u32): void {
  memory.fill(digitCounts, 0, digitCountsBytes);
  const end = from + 4 * count;
  for (let at = from; at < end; at += 4) {
    const counter = digitCounter(load<u32>(at), shift);
    store<u32>(counter, load<u32>(counter) + 4);
  }
  for (let counter = digitCounts; counter < digitCounts + digitCountsBytes; counter += 4) {
    const bytes = load<u32>(counter);
    store<u32>(counter, to);
    to += bytes;
  }
  for (let at = from; at < end; at += 4) {
    const counter = digitCounter(load<u32>(at), shift);
    const place = load<u32>(counter);
    store<u32>(place, load<u32>(at));
    store<u32>(counter, place + 4);
  }
}

function digitCounter(value: u32, shift: u32): u32 {
  return digitCounts + 4 * ((value >>> shift) & ((1 << digitBits) - 1));
}

/**
 * Builds the tree where the sorted leaves lie: inner nodes take the place of leaves that have a parent already, and
 * what is linked has the index of its parent for a weight. The symbols stay where they are.
 *
 * Source: Moffat, Katajainen: In-place calculation of minimum-redundancy codes (1995)
 */
function linkNodes(leaves: u32): void {
  let leaf: u32 = 0;
  let inner: u32 = 0;
  for (let parent: u32 = 0; parent < leaves - 1; parent++) {
    let sum: u32 = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf < leaves && (inner == parent || weight(leaf) <= weight(inner))) {
        sum += weight(leaf++);
      } else {
        sum += weight(inner);
        setWeight(inner++, parent);
      }
    }
    setWeight(parent, sum);
  }
}

/**
 * How many codes have which length. Going down from the root, each inner node makes two leaves one deeper of one. Where
 * that would go beyond the limit, it is done to the deepest leaf that allows it instead.
 *
 * Source: https://github.com/ebiggers/libdeflate, lib/deflate_compress.c, compute_length_counts (MIT)
 */
function countLengths(leaves: u32, limit: u32): void {
  memory.fill(countsByLength, 0, 4 * (mostCodeLength + 1));
  const root = leaves - 2;
  setWeight(root, 0);
  setCount(1, 2);
  for (let index = root; index-- > 0;) {
    let depth = weight(weight(index)) + 1;
    setWeight(index, depth);
    if (depth >= limit) {
      depth = limit - 1;
      while (countOf(depth) == 0) depth--;
    }
    setCount(depth, countOf(depth) - 1);
    setCount(depth + 1, countOf(depth + 1) + 2);
  }
}

/** RFC 1951, 3.2.2. */
function assignCodes(symbols: u32, lengths: u32, codes: u32): void {
  let code: u32 = 0;
  for (let length: u32 = 1; length <= mostCodeLength; length++) {
    code = (code + (length == 1 ? 0 : countOf(length - 1))) << 1;
    store<u32>(nextCodes + 4 * length, code);
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length: u32 = load<u8>(lengths + symbol);
    if (length == 0) continue;
    const next = nextCodes + 4 * length;
    const value = load<u32>(next);
    store<u32>(next, value + 1);
    store<u16>(codes + 2 * symbol, reverse16(value) >>> (16 - length));
  }
}

function reverse16(value: u32): u32 {
  value = ((value & 0x5555) << 1) | ((value >>> 1) & 0x5555);
  value = ((value & 0x3333) << 2) | ((value >>> 2) & 0x3333);
  value = ((value & 0x0f0f) << 4) | ((value >>> 4) & 0x0f0f);
  return ((value & 0xff) << 8) | (value >>> 8);
}

function node(index: u32): u32 {
  return load<u32>(nodes + 4 * index);
}

function setNode(index: u32, weight: u32, symbol: u32): void {
  store<u32>(nodes + 4 * index, (weight << symbolBits) | symbol);
}

function weight(index: u32): u32 {
  return node(index) >>> symbolBits;
}

function setWeight(index: u32, weight: u32): void {
  setNode(index, weight, node(index) & symbolMask);
}

function countOf(length: u32): u32 {
  return load<u32>(countsByLength + 4 * length);
}

function setCount(length: u32, count: u32): void {
  store<u32>(countsByLength + 4 * length, count);
}
