import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, ListPartsCommandInput, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { throwIfCancelled } from '@infrabackup/core';
import type { PartSink } from '../send-in-parts.ts';

/** How often an upload is given up of which parts come late. */
const mostTimes = 3;

/** Where a value goes, and how it is kept there. */
export interface S3Target extends Omit<PutObjectCommandInput, 'Body' | 'Bucket' | 'Key'> {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Takes a value to S3: in one request when it is short, else as a multipart upload.
 *
 * Not by @aws-sdk/lib-storage: when cancelled that one returns before it has cleared up, and after a failed part it goes
 * on to read its source to the end.
 */
export function s3PartSink(client: S3Client, target: S3Target): PartSink {
  const { Bucket, Key, IfNoneMatch, ...kept } = target;
  const place = { Bucket, Key };
  const condition = IfNoneMatch === undefined ? {} : { IfNoneMatch };
  const parts: CompletedPart[] = [];
  let begun: Promise<string> | undefined;

  const begin = async (abortSignal: AbortSignal): Promise<string> => {
    // Where parts carry checksums the whole must be told beforehand, or cannot be put together.
    const carriesChecksums = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED';
    const checksum = carriesChecksums ? { ChecksumAlgorithm: 'CRC32' as const } : {};
    const command = new CreateMultipartUploadCommand({ ...place, ...kept, ...checksum });
    return (await client.send(command, { abortSignal })).UploadId!;
  };
  return {
    async whole(bytes, abortSignal) {
      await client.send(new PutObjectCommand({ ...target, Body: bytes }), { abortSignal });
    },
    async part(partNumber, bytes, abortSignal) {
      begun ??= begin(abortSignal);
      const part = { ...place, UploadId: await begun, PartNumber: partNumber, Body: bytes };
      const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part), { abortSignal });
      parts[partNumber - 1] = { PartNumber: partNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) };
    },
    async finish() {
      const whole = { ...place, UploadId: await begun, MultipartUpload: { Parts: parts } };
      await client.send(new CompleteMultipartUploadCommand({ ...whole, ...condition }));
    },
    async giveUp() {
      if (begun !== undefined) await giveUpUpload(client, place, await begun);
    },
  };
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
    throwIfCancelled(signal);
    if (upload.Key !== Key || upload.UploadId === undefined) continue;
    // Another may have been faster, which says nothing of the rest.
    await giveUpUpload(client, { Bucket, Key }, upload.UploadId).catch(() => undefined);
  }
}

/**
 * A part that is on its way may be taken after the upload was given up, and is paid for until that is done again.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
async function giveUpUpload(
  client: S3Client,
  { Bucket, Key }: Pick<S3Target, 'Bucket' | 'Key'>,
  UploadId: string,
): Promise<void> {
  const upload = { Bucket, Key, UploadId };
  const giveUp = () => client.send(new AbortMultipartUploadCommand(upload));
  await giveUp();
  for (let times = 1; times < mostTimes && (await hasParts(client, upload)); times++) {
    // It may have gone with its parts by now.
    await giveUp().catch(() => undefined);
  }
}

/** Whether parts of the upload are there; false where that cannot be told, since it is gone or the right is missing. */
async function hasParts(client: S3Client, upload: ListPartsCommandInput): Promise<boolean> {
  try {
    return ((await client.send(new ListPartsCommand(upload))).Parts ?? []).length > 0;
  } catch {
    return false;
  }
}
