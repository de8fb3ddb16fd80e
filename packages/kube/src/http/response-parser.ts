/** What stands before the body of an answer. */
export interface ResponseHead {
  readonly statusCode: number;
  /** The values by the name in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** The value of a header; those of several of one name joined, as they may be. Undefined where there is none. */
export function headerOf({ headers }: ResponseHead, name: string): string | undefined {
  return headers.get(name)?.join(', ');
}

/** Whoever is told what a connection brings, in the order in which it comes. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  /** A part of the body: where it lies in the bytes that were pushed, which hold during the call only. */
  body(bytes: Buffer, start: number, end: number): void;
  /** The answer is whole. */
  end(): void;
}

/** What a server sends that does not speak HTTP/1.1. */
class NotHttpError extends Error {
  readonly code = 'INFRABACKUP_NOT_HTTP';
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const semicolon = 0x3b;

/** Far more than an API server, and whatever stands before it, has to say. */
const headLimitBytes = 1 << 16;
/** A length, and extensions that nobody uses. */
const lineLimitBytes = 1 << 12;

/**
 * Reads the answers on one HTTP/1.1 connection, one after another, from bytes that are cut anywhere. A body is handed on
 * from where it lies.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112
 */
export class ResponseParser {
  readonly #sink: ResponseSink;
  #within: 'nothing' | 'head' | 'body' | 'size' | 'chunk' | 'chunk-end' | 'trailer' = 'nothing';
  /** What has come of the head, or of a line, that has not ended yet. */
  #text = '';
  /** What is still to come of the body, or of its chunk; Infinity where the end of the connection ends it. */
  #leftBytes = 0;
  #keepsOpen = false;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Whether the last answer has ended, and the connection may be asked for more. */
  get isFree(): boolean {
    return this.#within === 'nothing' && this.#keepsOpen;
  }

  /** A request is sent: what comes next is the answer to it. */
  expect(): void {
    this.#within = 'head';
    this.#text = '';
  }

  /** Takes the first `length` bytes. Throws NotHttpError. */
  push(bytes: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      switch (this.#within) {
        case 'body':
        case 'chunk':
          at = this.#takeBody(bytes, at, length);
          break;
        case 'head':
          at = this.#takeHead(bytes, at, length);
          break;
        case 'nothing':
          this.#keepsOpen = false;
          throw new NotHttpError('it sends what was not asked for');
        default:
          at = this.#takeLine(bytes, at, length);
      }
    }
  }

  /** The connection has ended, which ends a body of untold length. */
  close(): void {
    if (this.#leftBytes === Infinity) this.#end();
  }

  #takeBody(bytes: Buffer, from: number, length: number): number {
    const end = Math.min(length, from + this.#leftBytes);
    this.#leftBytes -= end - from;
    this.#sink.body(bytes, from, end);
    if (this.#leftBytes > 0) return end;
    if (this.#within === 'body') this.#end();
    else this.#within = 'chunk-end';
    return end;
  }

  #takeHead(bytes: Buffer, from: number, length: number): number {
    const known = this.#text.length;
    this.#text += bytes.toString('latin1', from, Math.min(length, from + headLimitBytes + 1));
    const end = this.#text.indexOf('\r\n\r\n', Math.max(0, known - 3));
    if (end < 0) {
      if (this.#text.length > headLimitBytes || !'HTTP/1.'.startsWith(this.#text.slice(0, 7))) throw noHead();
      return length;
    }
    const text = this.#text.slice(0, end);
    this.#text = '';
    this.#begin(text);
    return from + end + 4 - known;
  }

  #begin(text: string): void {
    const { version, ...head } = parseHead(text);
    const { statusCode } = head;
    // News of an answer that is still to come: https://www.rfc-editor.org/rfc/rfc9110#section-15.2
    if (statusCode < 200 && statusCode !== 101) return;
    const coding = headerOf(head, 'transfer-encoding')?.toLowerCase();
    const length = headerOf(head, 'content-length');
    const isClear =
      coding === undefined ? /^\d{1,15}$/.test(length ?? '0') : coding === 'chunked' && length === undefined;
    if (statusCode === 101 || !isClear) throw noHead();
    this.#keepsOpen = version === 1 && !/\bclose\b/i.test(headerOf(head, 'connection') ?? '');
    this.#leftBytes = length === undefined ? Infinity : Number(length);
    if (statusCode === 204 || statusCode === 304) this.#leftBytes = 0;
    this.#within = 'body';
    this.#sink.head(head);
    if (this.#leftBytes === 0) this.#end();
    else if (coding !== undefined) this.#expectSize();
    else this.#keepsOpen &&= this.#leftBytes < Infinity;
  }

  /** Lines are short, many, and nearly always whole: those are looked at where they lie. */
  #takeLine(bytes: Buffer, from: number, length: number): number {
    let end = from;
    while (end < length && bytes[end] !== lineFeed) end++;
    if (end < length && this.#text === '') {
      this.#endLine(bytes, from, end);
      return end + 1;
    }
    this.#text += bytes.toString('latin1', from, end);
    if (this.#text.length > lineLimitBytes) throw noChunk();
    if (end === length) return length;
    const line = Buffer.from(this.#text, 'latin1');
    this.#text = '';
    this.#endLine(line, 0, line.length);
    return end + 1;
  }

  #endLine(bytes: Buffer, start: number, end: number): void {
    if (end === start || bytes[end - 1] !== carriageReturn) throw noChunk();
    const isEmpty = end - 1 === start;
    if (this.#within === 'size') {
      this.#leftBytes = parseSize(bytes, start, end - 1);
      this.#within = this.#leftBytes === 0 ? 'trailer' : 'chunk';
    } else if (isEmpty && this.#within === 'trailer') this.#end();
    else if (isEmpty) this.#expectSize();
    else if (this.#within === 'chunk-end') throw noChunk();
  }

  #expectSize(): void {
    this.#leftBytes = 0;
    this.#within = 'size';
  }

  #end(): void {
    this.#leftBytes = 0;
    this.#within = 'nothing';
    this.#sink.end();
  }
}

function parseHead(text: string): ResponseHead & { readonly version: number } {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(statusLine);
  if (status === null) throw noHead();
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name, padded] = /^([!#$%&'*+.^_`|~\w-]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || padded === undefined) throw noHead();
    const value = padded.trim();
    const key = name.toLowerCase();
    const before = headers.get(key);
    if (before === undefined) headers.set(key, [value]);
    else before.push(value);
  }
  return { version: Number(status[1]), statusCode: Number(status[2]), headers };
}

function parseSize(bytes: Buffer, start: number, end: number): number {
  let size = 0;
  let at = start;
  for (; at < end && bytes[at] !== semicolon; at++) {
    const digit = hexDigit(bytes[at]!);
    if (digit < 0 || at - start === 12) throw noChunk();
    size = size * 16 + digit;
  }
  if (at === start) throw noChunk();
  return size;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function noHead(): NotHttpError {
  return new NotHttpError('its answer does not begin as one of HTTP/1.1 does');
}

function noChunk(): NotHttpError {
  return new NotHttpError('its answer does not come in chunks as those of HTTP/1.1 do');
}
