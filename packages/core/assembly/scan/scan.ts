/**
 * Finds the end of one JSON object and, in the same pass, the members of it that somebody asks about.
 *
 * It can stop at any byte and go on when more have come. All positions that it keeps are relative to the object's first
 * byte, so the bytes may move between two calls. It follows strings and brackets and trusts the rest.
 */

/** From here on the memory is the caller's. */
export const heap: u32 = 0x4000;

/** Open brackets: 1 is inside the object, 2 inside its metadata (or another value); 0 once the object has ended. */
export const depthPlace: u32 = 0x3f0;
/** How many numbers lie at {@link cuts}; more than there is room for where the object has a member again and again. */
export const cutCountPlace: u32 = 0x3f4;

/** The members that are looked for, each as its level, its length, whether it is cut out, and its name. */
export const members: u32 = 0x400;
export const memberBytes: u32 = 32;
const mostMembers: u32 = 32;
const nameOffset: u32 = 4;

/** By the place of the member in the table, where its value begins and ends; an end of 0 where it has none. */
export const starts: u32 = members + mostMembers * memberBytes;
export const ends: u32 = starts + 4 * mostMembers;
/** What is cut out: pairs of start and end, ascending. */
export const cuts: u32 = ends + 4 * mostMembers;
/** As many as fit below {@link heap}. */
const mostCuts: u32 = (heap - cuts) / 4;

/** Strings are looked through so many bytes at a time, also past the end of what is there. */
const stepBytes: u32 = 16;
const pageBits: u32 = 16;

const quote: u32 = 0x22;
const comma: u32 = 0x2c;
const colon: u32 = 0x3a;
const backslash: u32 = 0x5c;
/** A backslash and a `u`, as they are loaded together. */
const escape: u32 = 0x755c;
const openBrace: u32 = 0x7b;
const closeBrace: u32 = 0x7d;
/** With this bit set a bracket equals the brace of its direction, and no other byte does. */
const braceBit: u32 = 0x20;

const none: u32 = 0xffffffff;

/** The levels on which members are looked for. */
const ofObject: u32 = 0;
const ofMetadata: u32 = 1;

let memberCount: u32 = 0;
/** The place in the table of the member that is a level of its own. */
let metadata: u32 = none;

let depth: u32 = 0;
let inString: bool = false;
let inMetadata: bool = false;
/** Of the member at hand, on the level at hand: where its key stands, its colon, and the comma before it. */
let keyStart: u32 = none;
let keyEnd: u32 = none;
let colonEnd: u32 = none;
let commaBefore: u32 = none;
let found: u32 = none;
/** Whether a member before it, on the level at hand, is not cut out. */
let kept: bool = false;
/** The object's level while the metadata is scanned. */
let outerKeyStart: u32 = none;
let outerColonEnd: u32 = none;
let outerCommaBefore: u32 = none;
let outerKept: bool = false;
let cutCount: u32 = 0;

/** Makes the memory reach up to `end` and what is looked at past it. False where there is no more. */
export function reserve(end: u32): bool {
  const pages = ((end + stepBytes) >>> pageBits) + 1;
  const more = (pages as i32) - memory.size();
  return more <= 0 || memory.grow(more) >= 0;
}

/** Says how many rows the table of members has, and which of them is the metadata. */
export function begin(count: u32, ofThem: u32): void {
  memberCount = count;
  metadata = ofThem;
}

/** Forgets the last object. */
function reset(): void {
  depth = 0;
  inString = false;
  inMetadata = false;
  openLevel();
  cutCount = 0;
  memory.fill(ends, 0, 4 * mostMembers);
}

/**
 * Goes on at `from` in bytes of which the object's first is at `base`, where it begins with one. The address just past the
 * object, or, when its end has not come yet, where to go on: at most one past `end`.
 */
export function scan(base: u32, from: u32, end: u32): u32 {
  if (from == base) reset();
  const at = scanOn(base, from, end);
  store<u32>(depthPlace, depth);
  store<u32>(cutCountPlace, cutCount);
  return at;
}

function scanOn(base: u32, from: u32, end: u32): u32 {
  let at = from;
  while (at < end) {
    if (inString) {
      at = stringEnd(at, end);
      if (at >= end) break;
      inString = false;
      at++;
      if (colonEnd == none && isWatched()) keyEnd = at - base;
      continue;
    }
    if (!isWatched()) {
      at = skipValue(at, end);
      continue;
    }
    const byte: u32 = load<u8>(at++);
    if (byte == quote) {
      if (colonEnd == none) keyStart = at - 1 - base;
      inString = true;
    } else if (byte == colon) {
      colonEnd = at - base;
      found = identify(base + keyStart, base + keyEnd, inMetadata ? ofMetadata : ofObject);
    } else if (byte == comma) {
      endMember(at - 1 - base, true);
    } else if ((byte | braceBit) == openBrace) {
      depth++;
      if (byte == openBrace && depth == 2 && found == metadata) enterMetadata();
    } else if ((byte | braceBit) == closeBrace) {
      endMember(at - 1 - base, false);
      if (--depth == 0) return at;
      leaveMetadata();
    }
  }
  return at;
}

/** Whether members begin here, and not parts of a value that nobody asks about. */
function isWatched(): bool {
  return depth < 2 || (depth == 2 && inMetadata);
}

/** Most bytes of most objects: goes on until the level is left that is not watched. */
function skipValue(from: u32, end: u32): u32 {
  const floor: u32 = inMetadata ? 2 : 1;
  let at = from;
  while (at < end) {
    const byte: u32 = load<u8>(at++);
    if (byte == quote) {
      at = stringEnd(at, end);
      if (at >= end) {
        inString = true;
        return at;
      }
      at++;
    } else if ((byte | braceBit) == openBrace) {
      depth++;
    } else if ((byte | braceBit) == closeBrace && --depth == floor) {
      return at;
    }
  }
  return at;
}

/** Where the string that goes on at `from` ends (on its quote); `end`, or one more after a backslash, when it does not. */
function stringEnd(from: u32, end: u32): u32 {
  let at = from;
  while (at < end) {
    const bytes = v128.load(at);
    const isEnd = i8x16.eq(bytes, i8x16.splat(quote as i8));
    const marks = i8x16.bitmask(v128.or(isEnd, i8x16.eq(bytes, i8x16.splat(backslash as i8)))) as u32;
    if (marks == 0) {
      at += stepBytes;
      if (at >= end) return end;
      continue;
    }
    at += ctz(marks);
    if (at >= end) return end;
    if (load<u8>(at) == quote) return at;
    at += 2;
  }
  return at;
}

/** The place in the table of the member whose key stands, with its quotes, from `start` to `end`. */
function identify(start: u32, end: u32, level: u32): u32 {
  const length = end - start - 2;
  const last = members + memberCount * memberBytes;
  for (let member = members; member < last; member += memberBytes) {
    if (load<u8>(member) == level && load<u8>(member, 1) == length && isName(member, start + 1, length)) {
      return (member - members) / memberBytes;
    }
  }
  for (let at = start + 1; at < end; at++) {
    if (load<u8>(at) == backslash) return identifyEscaped(start, end, level);
  }
  return none;
}

function isName(member: u32, at: u32, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(member + nameOffset + i) != load<u8>(at + i)) return false;
  }
  return true;
}

/** The same where the key is written with escapes. */
function identifyEscaped(start: u32, end: u32, level: u32): u32 {
  const last = members + memberCount * memberBytes;
  for (let member = members; member < last; member += memberBytes) {
    if (load<u8>(member) == level && isEscapedName(member, start + 1, end - 1)) {
      return (member - members) / memberBytes;
    }
  }
  return none;
}

/** RFC 8259, 7. Names are letters, for which there is no escape but that of four digits. */
function isEscapedName(member: u32, from: u32, end: u32): bool {
  let at = from;
  const length: u32 = load<u8>(member, 1);
  for (let i: u32 = 0; i < length; i++) {
    const letter: u32 = load<u8>(member + nameOffset + i);
    if (at >= end) return false;
    if (load<u8>(at) == letter) at++;
    else if (load<u16>(at) == escape && hexDigits(at + 2) == letter) at += 6;
    else return false;
  }
  return at == end;
}

/** Four of them; a number that is no letter's where one is none. */
function hexDigits(at: u32): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const byte: u32 = load<u8>(at + i);
    const letter = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x61 + 10;
    else return none;
  }
  return value;
}

function openLevel(): void {
  keyStart = none;
  keyEnd = none;
  colonEnd = none;
  commaBefore = none;
  found = none;
  kept = false;
}

function enterMetadata(): void {
  outerKeyStart = keyStart;
  outerColonEnd = colonEnd;
  outerCommaBefore = commaBefore;
  outerKept = kept;
  inMetadata = true;
  openLevel();
}

function leaveMetadata(): void {
  inMetadata = false;
  keyStart = outerKeyStart;
  colonEnd = outerColonEnd;
  commaBefore = outerCommaBefore;
  kept = outerKept;
  found = metadata;
}

/** Notes the member that ends before `at`, where a comma or the level's closing brace stands. */
function endMember(at: u32, atComma: bool): void {
  if (found != none) {
    store<u32>(starts + 4 * found, colonEnd);
    store<u32>(ends + 4 * found, at);
  }
  if (found != none && load<u8>(members + found * memberBytes, 2) != 0) {
    // With a member kept before it, a cut takes the comma before; else the comma after. So what stays is JSON.
    cut(kept ? commaBefore : keyStart, !kept && atComma ? at + 1 : at);
  } else if (colonEnd != none) {
    kept = true;
  }
  commaBefore = at;
  keyStart = none;
  colonEnd = none;
  found = none;
}

function cut(start: u32, end: u32): void {
  if (cutCount > 0 && cutCount <= mostCuts && load<u32>(cuts + 4 * (cutCount - 1)) == start) {
    store<u32>(cuts + 4 * (cutCount - 1), end);
    return;
  }
  if (cutCount + 2 <= mostCuts) {
    store<u32>(cuts + 4 * cutCount, start);
    store<u32>(cuts + 4 * cutCount, end, 4);
  }
  cutCount += 2;
}
