import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { httpAgents } from '../http-agents.ts';

/** How a bucket is reached. */
export interface S3Connection {
  readonly endpoint?: URL;
  readonly region?: string;
  readonly profile?: string;
  readonly pathStyle?: boolean;
  readonly dualStack?: boolean;
  readonly ca?: string;
  /** Without a byte in either direction. */
  readonly timeoutMs: number;
  readonly checksums?: 'whenRequired' | 'whenSupported';
}

const connectTimeoutMs = 10_000;
/** Beside the first; the client waits between them, longer each time and never two clients alike. */
const maxAttempts = 5;

/** Opens a client; credentials are looked for by AWS's own chain when the first request is made. */
export async function connectS3(
  { endpoint, region, profile, pathStyle, dualStack, ca, timeoutMs, checksums }: S3Connection,
  env: Readonly<Record<string, string | undefined>>,
): Promise<S3Client> {
  const home = region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  // Newer defaults add trailing checksums, which many other servers refuse.
  const integrity = checksums === 'whenSupported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  const options: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint: endpoint.href }),
    ...(home !== undefined && { region: home }),
    ...(profile !== undefined && { profile }),
    ...(dualStack !== undefined && { useDualstackEndpoint: dualStack }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    followRegionRedirects: endpoint === undefined,
    requestChecksumCalculation: integrity,
    responseChecksumValidation: integrity,
    maxAttempts,
    requestHandler: {
      // Agents, not their options: for large bodies the client makes agents of its own and forgets what it was told.
      ...(await httpAgents(ca ?? env['AWS_CA_BUNDLE'], env)),
      connectionTimeout: connectTimeoutMs,
      socketTimeout: timeoutMs,
    },
  };
  const client = new S3Client(options);
  if (endpoint === undefined || home !== undefined) return client;
  // Most servers that are not AWS have one region and do not care what it is called: none need be said for them.
  return await client.config.region().then(
    () => client,
    () => new S3Client({ ...options, region: 'us-east-1' }),
  );
}
