import { describe, expect, test } from 'vitest';
import { headerOf, ResponseParser, type ResponseHead } from './response-parser.ts';

interface Parsed {
  readonly head: ResponseHead | undefined;
  readonly body: string;
  readonly hasEnded: boolean;
  readonly isFree: boolean;
}

/** What the bytes say that come `size` at a time, and then the end of the connection where it is said. */
function parse(text: string, size = text.length, { closes = false } = {}): Parsed {
  let head: ResponseHead | undefined;
  let body = '';
  let hasEnded = false;
  const parser = new ResponseParser({
    head: (its) => (head = its),
    body: (bytes, start, end) => (body += bytes.toString('latin1', start, end)),
    end: () => (hasEnded = true),
  });
  parser.expect();
  const bytes = Buffer.from(text, 'latin1');
  // As a connection is read: into one buffer, of which the rest holds what came before.
  const buffer = Buffer.alloc(size, 'Z');
  for (let at = 0; at < bytes.length; at += size) parser.push(buffer, bytes.copy(buffer, 0, at, at + size));
  if (closes) parser.close();
  return { head, body, hasEnded, isFree: parser.isFree };
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('an answer', () => {
  test.each<[string, string, Partial<Parsed>]>([
    ['of a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', { body: 'hello', isFree: true }],
    ['of no length', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', { body: '', isFree: true }],
    [
      'in chunks',
      `${chunked}5\r\nhello\r\nA;x=y\r\n, dear all\r\n0\r\n\r\n`,
      { body: 'hello, dear all', isFree: true },
    ],
    ['in chunks that hold line ends', `${chunked}6\r\n\r\n0\r\n\n\r\n0\r\n\r\n`, { body: '\r\n0\r\n\n', isFree: true }],
    ['with trailers', `${chunked}1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n`, { body: 'x', isFree: true }],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', { body: '', isFree: true }],
    ['without a reason', 'HTTP/1.1 304 \r\n\r\n', { body: '', isFree: true }],
    ['after news', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${chunked}0\r\n\r\n`, { body: '', isFree: true }],
    [
      'after which the server closes',
      'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx',
      { body: 'x' },
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', { body: 'x' }],
  ])('%s is the same wherever its bytes are cut', (_, text, expected) => {
    for (let size = 1; size <= text.length; size++) {
      expect(parse(text, size)).toMatchObject({ hasEnded: true, isFree: false, ...expected });
    }
  });

  test('of a length untold goes on until the connection ends', () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\nall that comes';
    expect(parse(text, 3)).toMatchObject({ body: 'all that comes', hasEnded: false });
    expect(parse(text, 3, { closes: true })).toMatchObject({ body: 'all that comes', hasEnded: true, isFree: false });
  });

  test.each([
    ['in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'],
    ['in a chunk', `${chunked}5\r\nhel`],
    ['between chunks', `${chunked}5\r\nhello\r\n`],
    ['before its trailer', `${chunked}5\r\nhello\r\n0\r\n`],
    ['in its head', 'HTTP/1.1 200 OK\r\nContent-'],
  ])('that is cut off %s has not ended', (_, text) => {
    expect(parse(text, text.length, { closes: true }).hasEnded).toBe(false);
  });

  test('has headers of any case, and several of one name', () => {
    const { head } = parse(
      'HTTP/1.1 429 Slow\r\nRetry-After:  1 \r\nWARNING: a, b\r\nwarning: c\r\nX-é: ü\r\n\r\n'.replace('X-é', 'X-e'),
    );
    expect(head!.statusCode).toBe(429);
    expect(headerOf(head!, 'retry-after')).toBe('1');
    expect(head!.headers.get('warning')).toEqual(['a, b', 'c']);
    expect(headerOf(head!, 'x-e')).toBe('ü');
    expect(headerOf(head!, 'absent')).toBeUndefined();
  });

  test('comes one after another', () => {
    const bodies: string[] = [];
    let text = '';
    const parser = new ResponseParser({
      head: () => (text = ''),
      body: (bytes, start, end) => (text += bytes.toString('latin1', start, end)),
      end: () => bodies.push(text),
    });
    for (const body of ['one', 'two']) {
      parser.expect();
      const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${body}`);
      parser.push(bytes, bytes.length);
    }
    expect(bodies).toEqual(['one', 'two']);
  });
});

describe('what is no answer is refused', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a status that is none', 'HTTP/1.1 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a header that goes on in the next line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a line end within a header', 'HTTP/1.1 200 OK\r\nA: b\nc\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['another protocol from here on', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a chunk without a length', `${chunked}\r\n`],
    ['a chunk of another length', `${chunked}3\r\nhello\r\n`],
    ['a chunk whose length is no number', `${chunked}five\r\n`],
    ['a chunk of a length that no number holds', `${chunked}FFFFFFFFFFFFF\r\n`],
    ['a chunk line without an end', `${chunked}5;${'x'.repeat(10_000)}`],
    ['a head without an end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(100_000)}`],
    ['more than was asked for', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n'],
  ])('%s', (_, text) => {
    for (const size of [1, 7, text.length]) {
      expect(() => parse(text, size)).toThrow(expect.objectContaining({ code: 'INFRABACKUP_NOT_HTTP' }) as Error);
    }
  });
});
