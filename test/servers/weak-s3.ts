import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { startForwarder, type Forwarder } from './forwarder.ts';
import type { S3Server } from './versitygw.ts';

/** A store that ignores conditions on writes, as some that speak S3 do, or refuses them as something it does not know. */
export type WeakS3 = Forwarder;

/** Stands before a real server, takes the conditions out of writes and signs them anew. */
export function startWeakS3(server: S3Server, conditions: 'ignored' | 'refused'): Promise<WeakS3> {
  return startForwarder(server, {
    headersOf: (incoming, outgoing) => {
      const isConditional = incoming.method === 'PUT' && incoming.headers['if-none-match'] !== undefined;
      if (!isConditional || conditions === 'ignored') return signedFor(server, incoming);
      incoming.resume();
      outgoing.writeHead(501, { 'content-type': 'application/xml' });
      outgoing.end(
        '<Error><Code>NotImplemented</Code><Message>A header you provided is not implemented</Message></Error>',
      );
      return undefined;
    },
  });
}

/**
 * A request's headers without its condition, signed for the server, whatever became of the rest of it since.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedFor(
  { endpoint, keys }: S3Server,
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
): Record<string, string> {
  const { host } = new URL(endpoint);
  const { 'if-none-match': _taken, authorization: _old, connection: _hop, ...kept } = headers;
  const all: Record<string, string> = { ...(kept as Record<string, string>), host };
  const names = Object.keys(all)
    .filter((name) => name === 'host' || name.startsWith('x-amz-'))
    .sort();
  const [path = '', query = ''] = url!.split('?', 2);
  const canonicalQuery = query
    .split('&')
    .filter(Boolean)
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&');
  const canonicalHeaders = names.map((name) => `${name}:${all[name]!.trim()}\n`).join('');
  const payload = all['x-amz-content-sha256']!;
  const canonical = [method, path, canonicalQuery, canonicalHeaders, names.join(';'), payload].join('\n');
  const time = all['x-amz-date']!;
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hashed].join('\n');
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const secret = `AWS4${keys.AWS_SECRET_ACCESS_KEY}`;
  const signature = hmac(scope.split('/').reduce<string | Buffer>(hmac, secret), toSign).toString('hex');
  const credential = `${keys.AWS_ACCESS_KEY_ID}/${scope}`;
  all['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return all;
}
