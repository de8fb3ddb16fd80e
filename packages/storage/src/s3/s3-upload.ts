import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { throwIfCancelled } from '@infrabackup/core';
import { cutParts } from '../cut-parts.ts';

/** Where a value goes, and how it is kept there. */
export interface S3Target extends Omit<PutObjectCommandInput, 'Body' | 'Bucket' | 'Key'> {
  readonly Bucket: string;
  readonly Key: string;
}

/** Parts that are on their way at a time: with the one being filled, what an upload holds in memory. */
const partsAtOnce = 3;

/**
 * Parts double every 2,000, since there are 10,000 at most: half a terabyte in all, and a small backup costs little
 * memory. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
function partBytes(partNumber: number): number {
  return 2 ** (23 + Math.floor((partNumber - 1) / 2_000));
}

/**
 * Writes a stream: one request when it is short, else in parts. Where it fails or is cancelled no part is left.
 *
 * Not by @aws-sdk/lib-storage: when cancelled that one returns before it has cleared up, and after a failed part it goes
 * on to read its source to the end.
 */
export async function uploadStream(
  client: S3Client,
  target: S3Target,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stop = new AbortController();
  const abortSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const parts: CompletedPart[] = [];
  const running = new Set<Promise<void>>();
  let uploadId: string | undefined;

  const send = async (id: string, partNumber: number, bytes: Buffer): Promise<void> => {
    const { Bucket, Key } = target;
    const part = { Bucket, Key, UploadId: id, PartNumber: partNumber, Body: bytes };
    const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part), { abortSignal });
    parts[partNumber - 1] = { PartNumber: partNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) };
  };
  try {
    for await (const { partNumber, bytes, isLast } of cutParts(chunks, partBytes)) {
      if (isLast && partNumber === 1) {
        await client.send(new PutObjectCommand({ ...target, Body: bytes }), { abortSignal });
        return;
      }
      uploadId ??= await beginUpload(client, target, abortSignal);
      const sending = send(uploadId, partNumber, bytes);
      running.add(sending);
      sending.then(
        () => running.delete(sending),
        () => undefined,
      );
      if (running.size === partsAtOnce) await Promise.race(running);
    }
    await Promise.all(running);
    throwIfCancelled(signal);
    const { IfNoneMatch, Bucket, Key } = target;
    const whole = { Bucket, Key, UploadId: uploadId, MultipartUpload: { Parts: parts } };
    // Not to be cancelled any more: nobody would know whether the value is there.
    await client.send(
      new CompleteMultipartUploadCommand({ ...whole, ...(IfNoneMatch !== undefined && { IfNoneMatch }) }),
    );
  } catch (error) {
    stop.abort();
    // A part that arrives after the upload was given up would stay.
    await Promise.allSettled(running);
    if (uploadId !== undefined) await giveUpUpload(client, target, uploadId).catch(() => undefined);
    throw error;
  }
}

/** Gives up the uploads of a key that nobody finished. The caller knows that nobody is writing it. */
export async function giveUpUploads(
  client: S3Client,
  { Bucket, Key }: Pick<S3Target, 'Bucket' | 'Key'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const query = new ListMultipartUploadsCommand({ Bucket, Prefix: Key });
  const { Uploads = [] } = await client.send(query, { ...(signal && { abortSignal: signal }) });
  for (const upload of Uploads) {
    if (upload.Key === Key && upload.UploadId !== undefined) {
      await giveUpUpload(client, { Bucket, Key }, upload.UploadId);
    }
  }
}

async function giveUpUpload(
  client: S3Client,
  { Bucket, Key }: Pick<S3Target, 'Bucket' | 'Key'>,
  uploadId: string,
): Promise<void> {
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: uploadId }));
}

async function beginUpload(client: S3Client, target: S3Target, abortSignal: AbortSignal): Promise<string> {
  const { IfNoneMatch: _atTheEnd, ...begun } = target;
  // Where parts carry checksums the whole must be told beforehand, or cannot be put together.
  const carriesChecksums = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED';
  const command = new CreateMultipartUploadCommand({
    ...begun,
    ...(carriesChecksums && { ChecksumAlgorithm: 'CRC32' as const }),
  });
  return (await client.send(command, { abortSignal })).UploadId!;
}
