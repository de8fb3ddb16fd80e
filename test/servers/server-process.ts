import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '../cluster/certificates.ts';
import { findFreePort } from '../cluster/free-port.ts';
import { createLifeline } from '../cluster/lifeline.ts';

/** A server on a loopback port, which ends with this process. */
export interface ServerProcess {
  readonly port: number;
  /** Goes with the server. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

/** Certificates for 127.0.0.1 and `store.example`, and the file of the authority that signed them. */
export interface ServerCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const startTimeoutMs = 30_000;

/** Starts a server and waits until it takes connections. Throws with what it wrote when it ends before that. */
export async function startServer(
  name: string,
  commandLine: (place: { port: number; folder: string }) => Promise<readonly [command: string, ...args: string[]]>,
): Promise<ServerProcess> {
  const lifeline = await createLifeline(join(tmpdir(), `infrabackup-${name}-`));
  const { folder } = lifeline;
  const port = await findFreePort();
  const logFile = join(folder, 'server.log');
  const [command, ...args] = await commandLine({ port, folder });
  const child = lifeline.start(command, args, { logFile, cwd: folder });
  const deadlineMs = Date.now() + startTimeoutMs;
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      const log = await readFile(logFile, 'utf8');
      await lifeline.cut();
      throw new Error(`${name} did not start: ${log}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return { port, folder, stop: () => lifeline.cut() };
}

/** Makes the files of a certificate in the folder. */
export async function makeServerCertificate(folder: string): Promise<ServerCertificate> {
  const authority = await createCertificateAuthority(join(folder, 'pki'));
  const { certificatePem, keyPem } = await authority.issue({
    commonName: 'server',
    serverNames: ['127.0.0.1', 'localhost', 'store.example'],
  });
  const files = {
    ca: join(folder, 'pki/ca.crt'),
    certificate: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
  };
  await writeFile(files.certificate, certificatePem);
  await writeFile(files.key, keyPem);
  return files;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}
