import { AppError } from '../errors/app-error.ts';
import { giveScannerBack, takeScanner } from './object-scanner.ts';
import type { RawObject } from './raw-object.ts';

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** What a list says about itself, outside its items. */
export interface ListMetadata {
  readonly resourceVersion?: string;
  /** Where the next page begins; absent on the last. */
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** What objects are put together in grows with what arrives: most lists of a cluster are empty or short. */
const leastArenaBytes = 1 << 12;

/** A list's own members are its kind and a little metadata; more than this is no list. */
const envelopeLimitBytes = 1 << 20;

/**
 * Cuts the JSON of a Kubernetes list into its objects while it arrives, without parsing it.
 *
 * One pass over the bytes, in chunks cut anywhere. What it holds is the object that has not ended yet and those that
 * the last chunk completed. It follows strings and brackets and trusts the server to send JSON otherwise.
 */
export class ListCutter {
  readonly #scanner = takeScanner();
  readonly #missing: { readonly both: Buffer; readonly apiVersion: Buffer; readonly kind: Buffer };

  /** The bytes from the start of the unfinished object on; moved to the front once an object at most. In the scanner's room. */
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  #used = 0;
  /** Where the scan goes on: past `#used` after a backslash that ended a chunk. */
  #at = 0;
  /** Where objects are put together that need `apiVersion` and `kind`; starts over with each chunk. */
  #arena = Buffer.alloc(0);
  #arenaUsed = 0;

  #within: 'envelope' | 'items' | 'item' = 'envelope';
  /** The list without its items: its bytes as Latin-1, so that a chunk may end inside a character. */
  #envelope = '';
  /** How much of it came before the items; none until they begin. */
  #headLength = 0;
  #hasEnded = false;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** `of` is what the objects are given that do not say it themselves, as those of built-in types do not. */
  constructor(of: { readonly apiVersion: string; readonly kind: string }) {
    const apiVersion = `"apiVersion":${JSON.stringify(of.apiVersion)},`;
    const kind = `"kind":${JSON.stringify(of.kind)},`;
    this.#missing = {
      both: Buffer.from(apiVersion + kind),
      apiVersion: Buffer.from(apiVersion),
      kind: Buffer.from(kind),
    };
  }

  /**
   * The objects that the chunk completes, in order. Their bytes are windows that hold until the next call. The chunk
   * itself is copied. Throws CLUSTER_PROTOCOL on what cannot be a list of named objects.
   */
  push(chunk: Uint8Array): RawObject[] {
    this.#append(chunk);
    const objects: RawObject[] = [];
    const bytes = this.#window;
    const end = this.#used;
    while (this.#at < end) {
      switch (this.#within) {
        case 'envelope':
          this.#scanEnvelope(bytes, end);
          break;
        case 'items':
          this.#scanBetweenItems(bytes, end);
          break;
        case 'item':
          this.#at = this.#scanner.scan(this.#start, this.#at, end);
          if (this.#scanner.done) {
            objects.push(this.#takeObject(bytes.subarray(this.#start, this.#at)));
            this.#within = 'items';
          }
          break;
      }
    }
    return objects;
  }

  /**
   * What the list said about itself; the objects of the last chunk hold no longer, and there is no other. Throws
   * CLUSTER_PROTOCOL when it was cut off, or was no list.
   */
  end(): ListMetadata {
    if (!this.#hasEnded) giveScannerBack(this.#scanner);
    this.#hasEnded = true;
    const envelope = parseEnvelope(this.#envelope);
    if (envelope.items === undefined) {
      const said = typeof envelope.message === 'string' ? `: ${envelope.message}` : '';
      throw new AppError(
        'CLUSTER_PROTOCOL',
        `the API server answered with a ${String(envelope.kind)}, not a list${said}`,
      );
    }
    return metadataOf(envelope);
  }

  /** What the list said about itself before its items; undefined until they have begun. */
  head(): ListMetadata | undefined {
    return this.#headLength === 0
      ? undefined
      : metadataOf(parseEnvelope(`${this.#envelope.slice(0, this.#headLength)}]}`));
  }

  #append(chunk: Uint8Array): void {
    const kept = this.#within === 'item' ? this.#used - this.#start : 0;
    const beyond = this.#at - this.#used;
    this.#window = this.#scanner.room(kept + chunk.length);
    this.#window.copyWithin(0, this.#used - kept, this.#used);
    this.#window.set(chunk, kept);
    this.#start = 0;
    this.#used = kept + chunk.length;
    this.#at = kept + beyond;
    this.#arenaUsed = 0;
  }

  /** The list's own members: few bytes, so kept as text and parsed at the end. */
  #scanEnvelope(bytes: Buffer, end: number): void {
    const from = this.#at;
    let at = from;
    for (; at < end && this.#within === 'envelope'; at++) {
      const byte = bytes[at]!;
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
      } else if (byte === quote) this.#inString = true;
      else if (byte === openBrace) this.#depth++;
      else if (byte === closeBrace || byte === closeBracket) this.#depth--;
      else if (byte === openBracket) {
        this.#depth++;
        // Strings are followed, so at this depth a quoted name before a colon can only be a member's key.
        const before = this.#envelope.slice(-256) + bytes.toString('latin1', Math.max(from, at - 256), at);
        if (this.#depth === 2 && /(?<!\\)"items"\s*:\s*$/.test(before)) this.#within = 'items';
      }
    }
    this.#at = at;
    this.#envelope += bytes.toString('latin1', from, at);
    if (this.#within === 'items') this.#headLength = this.#envelope.length;
    if (this.#envelope.length > envelopeLimitBytes) {
      throw new AppError('CLUSTER_PROTOCOL', 'the API server answered with something that is no list');
    }
  }

  #scanBetweenItems(bytes: Buffer, end: number): void {
    while (this.#at < end) {
      const byte = bytes[this.#at]!;
      if (byte === openBrace) {
        this.#start = this.#at;
        this.#within = 'item';
        return;
      }
      if (byte === closeBracket) {
        this.#within = 'envelope';
        return;
      }
      if (byte !== comma && !isWhiteSpace(byte)) {
        throw new AppError('CLUSTER_PROTOCOL', 'an item of a list from the API server is not an object');
      }
      this.#at++;
    }
  }

  #takeObject(bytes: Buffer): RawObject {
    const { apiVersion, kind, both } = this.#missing;
    const hasKind = this.#scanner.has('kind');
    const missing = this.#scanner.has('apiVersion') ? (hasKind ? undefined : kind) : hasKind ? apiVersion : both;
    if (missing === undefined) return this.#scanner.object(bytes, 0);
    const whole = this.#room(missing.length + bytes.length);
    whole[0] = openBrace;
    whole.set(missing, 1);
    bytes.copy(whole, 1 + missing.length, 1);
    return this.#scanner.object(whole, missing.length);
  }

  /** Space that holds until the next chunk. An arena that is too small is left to the objects that lie in it. */
  #room(length: number): Buffer {
    if (this.#arenaUsed + length > this.#arena.length) {
      this.#arena = Buffer.allocUnsafeSlow(Math.max(2 * this.#arena.length, length, 2 * this.#used, leastArenaBytes));
      this.#arenaUsed = 0;
    }
    this.#arenaUsed += length;
    return this.#arena.subarray(this.#arenaUsed - length, this.#arenaUsed);
  }
}

/** Source: https://www.rfc-editor.org/rfc/rfc8259#section-2 */
function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

interface Envelope {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly items?: unknown;
  readonly metadata?: Record<string, unknown> | null;
}

function parseEnvelope(latin1: string): Envelope {
  try {
    return JSON.parse(Buffer.from(latin1, 'latin1').toString()) as Envelope;
  } catch (cause) {
    throw new AppError('CLUSTER_PROTOCOL', 'a list from the API server broke off or is not JSON', { cause });
  }
}

function metadataOf({ metadata }: Envelope): ListMetadata {
  const { resourceVersion, continue: next, remainingItemCount } = metadata ?? {};
  return {
    ...(isText(resourceVersion) && { resourceVersion }),
    ...(isText(next) && { continue: next }),
    ...(typeof remainingItemCount === 'number' && { remainingItemCount }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
