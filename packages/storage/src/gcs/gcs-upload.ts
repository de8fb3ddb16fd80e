import { buffer } from 'node:stream/consumers';
import { cutParts } from '../cut-parts.ts';
import { pauseBeforeRetry } from '../pause-before-retry.ts';
import { canRetry } from './gcs-client.ts';
import type { GcsClient, GcsRequest } from './gcs-client.ts';

/** A multiple of 256 KiB, as uploads in parts must be sent. */
const partBytes = 8 * 1024 * 1024;
/** Times that one part is taken up again where it broke off. */
const maxResumes = 8;
/** "Resume Incomplete": so far so good, and more is wanted. */
const incomplete = 308;

/**
 * Writes a stream: one request when it is short, else a resumable upload, part after part, each taken up where the
 * server says that it broke off. Where it fails or is cancelled the session is given up.
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export async function uploadStream(
  client: GcsClient,
  target: Pick<GcsRequest, 'path' | 'query'>,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let session: string | undefined;
  let sentBytes = 0;
  try {
    for await (const { partNumber, bytes, isLast } of cutParts(chunks, () => partBytes)) {
      if (isLast && partNumber === 1) {
        await uploadValue(client, target, bytes, signal);
        return;
      }
      session ??= await beginSession(client, target, signal);
      const totalBytes = isLast ? sentBytes + bytes.length : undefined;
      await sendPart(client, session, { bytes, offset: sentBytes, totalBytes }, signal);
      sentBytes += bytes.length;
    }
  } catch (error) {
    // Answers 499 when it worked.
    const giveUp = { method: 'DELETE' as const, accepts: [499], once: true };
    if (session !== undefined) await client.done({ ...giveUp, path: session }).catch(() => undefined);
    throw error;
  }
}

/** Writes bytes at hand, in one request. */
export async function uploadValue(
  client: GcsClient,
  { path, query }: Pick<GcsRequest, 'path' | 'query'>,
  body: Buffer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' };
  await client.done({ method: 'POST', path, query: { ...query, uploadType: 'media' }, headers, body, signal });
}

async function beginSession(
  client: GcsClient,
  { path, query }: Pick<GcsRequest, 'path' | 'query'>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const headers = { 'x-upload-content-type': 'application/octet-stream' };
  const begun = await client.send({
    method: 'POST',
    path,
    query: { ...query, uploadType: 'resumable' },
    headers,
    signal,
  });
  await buffer(begun);
  return begun.headers.location!;
}

interface Part {
  readonly bytes: Buffer;
  readonly offset: number;
  /** Of the whole value; undefined but for the last part. */
  readonly totalBytes: number | undefined;
}

async function sendPart(
  client: GcsClient,
  session: string,
  { bytes, offset, totalBytes }: Part,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = offset + bytes.length;
  const put = { method: 'PUT' as const, path: session, accepts: [incomplete], once: true, signal };
  let keptBytes = offset;
  for (let resumes = 0; ; resumes++) {
    const rest = bytes.subarray(keptBytes - offset);
    const range = rest.length === 0 ? '*' : `${keptBytes}-${end - 1}`;
    const headers = { 'content-range': `bytes ${range}/${totalBytes ?? '*'}` };
    const known = await keptAfter(client, { ...put, headers, body: rest }).catch(async (error: unknown) => {
      if (!canRetry(error) || resumes === maxResumes) throw error;
      await pauseBeforeRetry(resumes, signal);
      // What arrived before it broke off need not be sent again.
      return keptAfter(client, { ...put, once: false, headers: { 'content-range': `bytes */${totalBytes ?? '*'}` } });
    });
    if (known === 'all') return;
    keptBytes = Math.max(known, offset);
    if (keptBytes === end && totalBytes === undefined) return;
    if (resumes === maxResumes) throw new Error(`the server keeps ${keptBytes} bytes only`);
  }
}

/** How many bytes the server has: all, when it made a value of them. */
async function keptAfter(client: GcsClient, request: GcsRequest): Promise<number | 'all'> {
  const response = await client.send(request);
  await buffer(response);
  if (response.statusCode !== incomplete) return 'all';
  const last = /^bytes=0-(\d+)$/.exec(response.headers.range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
