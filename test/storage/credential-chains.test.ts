import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openStore } from '@infrabackup/storage';
import { createCertificateAuthority } from '../cluster/certificates.ts';
import { temporaryFolder } from '../cluster/temporary-folder.ts';
import { startAnswering } from '../servers/answering-server.ts';

// The clients of the clouds read the environment of the process by themselves.
const before = { ...process.env };
afterEach(() => void (process.env = { ...before }));

const context = { workingFolder: '/', env: {} };
const inTime = '2999-01-01T00:00:00Z';

/** Answers for a service that gives credentials, and says what it was asked with, if anything; undefined: the request is for another. */
type Service = (request: IncomingMessage, response: ServerResponse, body: string) => string | undefined;

function answerJson(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

describe('an S3 location takes credentials', () => {
  /** What S3 and the service were asked with. */
  const askedWith = async (
    options: string,
    env: (folder: string, endpoint: string) => Record<string, string>,
    { files = {}, service }: { files?: Readonly<Record<string, string>>; service?: Service } = {},
  ): Promise<readonly string[]> => {
    const folder = await temporaryFolder('chains');
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const asked: string[] = [];
    const endpoint = await startAnswering((request, response, body) => {
      const said = service?.(request, response, body);
      if (said !== undefined) {
        asked.push(said);
        return;
      }
      const [, credential] = /Credential=([^,]+)/.exec(request.headers.authorization ?? '')!;
      asked.push(credential!.replace(/\/\d{8}\//, ' ').replace('/s3/aws4_request', ''));
      asked.push(...[request.headers['x-amz-security-token'] ?? []].flat());
      response.end('<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>');
    });
    const others = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'));
    process.env = {
      ...Object.fromEntries(others),
      HOME: folder,
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env(folder, endpoint),
    };
    await (await openStore(`s3://bucket?endpoint=${endpoint}${options}`, context)).stat('k');
    return asked;
  };

  const profiles = {
    credentials: '[default]\n[far]\naws_access_key_id = of-far\naws_secret_access_key = x\n',
    config: '[profile far]\nregion = eu-7\n',
  };

  it('of a profile that the location names, with its region', async () => {
    expect(await askedWith('&profile=far', () => ({}), { files: profiles })).toEqual(['of-far eu-7']);
    expect(await askedWith('&profile=far&region=eu-1', () => ({}), { files: profiles })).toEqual(['of-far eu-1']);
  });

  it('of a profile that the environment names', async () => {
    expect(await askedWith('', () => ({ AWS_PROFILE: 'far' }), { files: profiles })).toEqual(['of-far eu-7']);
  });

  it('of a program that a profile names', async () => {
    const said = JSON.stringify({ Version: 1, AccessKeyId: 'of-a-program', SecretAccessKey: 'x', Expiration: inTime });
    const config = `[profile far]\nregion = eu-7\ncredential_process = echo '${said}'\n`;
    expect(await askedWith('&profile=far', () => ({}), { files: { config } })).toEqual(['of-a-program eu-7']);
  });

  it('of a web identity, as a pod has one', async () => {
    const assumed = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
      <AccessKeyId>of-the-role</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>for-a-while</SessionToken>
      <Expiration>${inTime}</Expiration>
      </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
    const asked = await askedWith(
      '',
      (folder, endpoint) => ({
        AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'),
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/backups',
        AWS_ENDPOINT_URL_STS: endpoint,
        AWS_REGION: 'eu-3',
      }),
      {
        files: { token: 'the-token-of-the-pod' },
        service: (_request, response, body) => {
          if (!body.includes('AssumeRoleWithWebIdentity')) return undefined;
          response.end(assumed);
          return new URLSearchParams(body).get('WebIdentityToken')!;
        },
      },
    );
    expect(asked).toEqual(['the-token-of-the-pod', 'of-the-role eu-3', 'for-a-while']);
  });

  const lent = { AccessKeyId: 'of-the-pod', SecretAccessKey: 'x', Token: 'for-a-while', Expiration: inTime };

  it('of an agent on the node, as EKS Pod Identity has one', async () => {
    const asked = await askedWith(
      '&region=eu-3',
      (folder, endpoint) => ({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/v1/credentials`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'token'),
      }),
      {
        files: { token: 'the-token-of-the-pod' },
        service: ({ url, headers }, response) => {
          if (url !== '/v1/credentials') return undefined;
          answerJson(response, lent);
          return headers.authorization;
        },
      },
    );
    expect(asked).toEqual(['the-token-of-the-pod', 'of-the-pod eu-3', 'for-a-while']);
  });

  it('of the machine, by its metadata, as a node has them', async () => {
    const role = '/latest/meta-data/iam/security-credentials/';
    const asked = await askedWith(
      '&region=eu-3',
      (_folder, endpoint) => ({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }),
      {
        service: ({ method, url, headers }, response) => {
          if (!url!.startsWith('/latest/')) return undefined;
          if (url === '/latest/api/token') response.end('the-session');
          else if (url === role) response.end('backups');
          else answerJson(response, { ...lent, Code: 'Success', AccessKeyId: 'of-the-node' });
          return `${method!} ${url!} ${String(headers['x-aws-ec2-metadata-token'])}`;
        },
      },
    );
    expect(asked).toEqual([
      'PUT /latest/api/token undefined',
      `GET ${role} the-session`,
      `GET ${role}backups the-session`,
      'of-the-node eu-3',
      'for-a-while',
    ]);
  });

  it('of somebody who has signed in', async () => {
    const session = createHash('sha1').update('corp').digest('hex');
    const config = [
      ...['[profile far]', 'region = eu-7', 'sso_session = corp', 'sso_account_id = 1', 'sso_role_name = backups'],
      ...['[sso-session corp]', 'sso_region = eu-7', 'sso_start_url = https://corp.example/start', ''],
    ].join('\n');
    const asked = await askedWith('&profile=far', (_folder, endpoint) => ({ AWS_ENDPOINT_URL_SSO: endpoint }), {
      files: {
        config,
        [`.aws/sso/cache/${session}.json`]: JSON.stringify({ accessToken: 'of-the-session', expiresAt: inTime }),
      },
      service: ({ url, headers }, response) => {
        if (!url!.startsWith('/federation/credentials')) return undefined;
        const roleCredentials = {
          ...{ accessKeyId: 'of-the-person', secretAccessKey: 'x', sessionToken: 'for-a-while' },
          expiration: Date.parse(inTime),
        };
        answerJson(response, { roleCredentials });
        return String(headers['x-amz-sso_bearer_token']);
      },
    });
    expect(asked).toEqual(['of-the-session', 'of-the-person eu-7', 'for-a-while']);
  });
});

describe('a Google location takes credentials', () => {
  it('of the machine, by its metadata, as a pod with a workload identity has them', async () => {
    const asked: string[] = [];
    const endpoint = await startAnswering(({ url, headers }, response) => {
      response.setHeader('metadata-flavor', 'Google');
      if (url!.includes('/service-accounts/default/token')) {
        answerJson(response, { access_token: 'of-the-node', expires_in: 3_600, token_type: 'Bearer' });
      } else if (url!.startsWith('/computeMetadata')) response.writeHead(404).end();
      else {
        asked.push(String(headers.authorization));
        answerJson(response, {});
      }
    });
    process.env = {
      ...{ PATH: '/nowhere', HOME: await temporaryFolder('chains') },
      ...{ GCE_METADATA_HOST: new URL(endpoint).host, METADATA_SERVER_DETECTION: 'assume-present' },
    };
    const store = await openStore(`gs://bucket?endpoint=${endpoint}`, context);
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    expect(asked).toEqual(['Bearer of-the-node']);
  });
});

describe('an Azure location takes credentials', () => {
  /** A container over TLS, since Azure's client gives no token to a server without. */
  async function startContainer(asked: string[], service?: Service): Promise<{ url: string; location: string }> {
    const folder = await temporaryFolder('chains');
    const authority = await createCertificateAuthority(folder);
    const certificate = await authority.issue({ commonName: 'azure', serverNames: ['127.0.0.1'] });
    const url = await startAnswering((request, response, body) => {
      const said = service?.(request, response, body);
      if (said !== undefined) {
        if (said !== '') asked.push(said);
        return;
      }
      asked.push(String(request.headers.authorization));
      response.setHeader('content-type', 'application/xml');
      response.end('<?xml version="1.0"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>');
    }, certificate);
    return { url, location: `az://account/container?endpoint=${url}&ca=${join(folder, 'ca.crt')}` };
  }

  it('of the machine, by its metadata, as a node has them', async () => {
    const asked: string[] = [];
    const { location } = await startContainer(asked);
    const metadata = await startAnswering(({ url }, response) => {
      asked.push(new URL(url!, 'http://x').searchParams.get('resource') ?? '-');
      answerJson(response, {
        ...{ access_token: 'of-the-node', token_type: 'Bearer', resource: 'https://storage.azure.com' },
        ...{ expires_in: '3600', expires_on: String(Math.floor(Date.parse(inTime) / 1_000)) },
      });
    });
    process.env = {
      PATH: '/nowhere',
      HOME: await temporaryFolder('chains'),
      AZURE_POD_IDENTITY_AUTHORITY_HOST: metadata,
    };
    expect(await Array.fromAsync((await openStore(location, context)).list(''))).toEqual([]);
    expect(asked).toEqual(['https://storage.azure.com', 'Bearer of-the-node']);
  });

  it('of a pod with a workload identity, and asks nobody but the authority that the pod is told', async () => {
    const lookup = vi.spyOn(dns, 'lookup');
    onTestFinished(() => lookup.mockRestore());
    const asked: string[] = [];
    const { url, location } = await startContainer(asked, ({ url: path, headers }, response, body) => {
      const own = `https://${headers.host!}`;
      if (path!.includes('/.well-known/openid-configuration')) {
        answerJson(response, {
          ...{ issuer: `${own}/tenant/v2.0`, authorization_endpoint: `${own}/tenant/authorize` },
          ...{ token_endpoint: `${own}/tenant/token`, jwks_uri: `${own}/tenant/keys` },
        });
        return '';
      }
      if (!path!.startsWith('/tenant/token')) return undefined;
      answerJson(response, { access_token: 'of-the-pod', expires_in: 3_600, token_type: 'Bearer' });
      return new URLSearchParams(body).get('client_assertion')!;
    });
    const folder = await temporaryFolder('chains');
    await writeFile(join(folder, 'token'), 'the-token-of-the-pod');
    const known = getCACertificates('default');
    setDefaultCACertificates([...known, await readFile(new URL(location).searchParams.get('ca')!, 'utf8')]);
    onTestFinished(() => setDefaultCACertificates(known));
    process.env = {
      ...{ PATH: '/nowhere', HOME: folder, AZURE_AUTHORITY_HOST: url },
      ...{ AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_FEDERATED_TOKEN_FILE: join(folder, 'token') },
    };
    const store = await openStore(location, { ...context, env: process.env });
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    expect(asked).toEqual(['the-token-of-the-pod', 'Bearer of-the-pod']);
    expect([...new Set(lookup.mock.calls.map(([host]) => host))]).toEqual(['127.0.0.1']);
  });
});
