import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { describeOnServer } from '../servers/suite.ts';
import { provisionVersitygw, startVersitygw } from '../servers/versitygw.ts';
import { startWeakS3 } from '../servers/weak-s3.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

await describeOnServer('backups in S3', provisionVersitygw, startVersitygw, (onServer) =>
  describeOnCluster('through the plugin', { fixtures: true }, (on) => {
    let workplace: Workplace;
    const openAt = (env: Readonly<Record<string, string>> = {}): Promise<Workplace> =>
      openWorkplace(on.cluster.clusterAdmin, {
        ...onServer.server.keys,
        AWS_EC2_METADATA_DISABLED: 'true',
        ...env,
      });
    beforeAll(async () => {
      workplace = await openAt();
      await workplace.succeed('location', 'add', 'prod', onServer.server.location('prod'), '--default');
      return () => workplace[Symbol.asyncDispose]();
    });

    it('are made, listed, described, verified and read by the name of the location', async () => {
      const made = await workplace.succeed('create', 'nightly');
      expect(made).toContain(`s3://${onServer.server.bucket}/prod`);
      expect((await workplace.succeed('list', '-o', 'name')).trim()).toBe('nightly');
      expect((await workplace.succeed('list', '--from', 'prod', '-o', 'name')).trim()).toBe('nightly');
      await workplace.succeed('describe', 'nightly');
      await workplace.succeed('verify', 'nightly');
      expect(await workplace.succeed('get', 'nightly', 'namespaces', '-o', 'name')).toContain('namespace/default');
      expect((await workplace.run('create', 'nightly')).exitCode).toBe(5);
    });

    it('are compared with the cluster, restored and taken back', async () => {
      await workplace.succeed('create', 'before', '-n', 'default');
      await on.cluster.kubectl(['create', 'configmap', 'later', '--from-literal=a=1']);
      await workplace.succeed('create', 'after', '-n', 'default');
      await on.cluster.kubectl(['patch', 'configmap', 'later', '-p', '{"data":{"a":"2"}}']);
      expect((await workplace.run('diff', 'after', 'configmap/later', '-n', 'default')).exitCode).toBe(1);
      await workplace.succeed('restore', 'after', 'configmap/later', '-n', 'default', '--yes');
      const value = async (): Promise<string> =>
        (await on.cluster.kubectl(['get', 'configmap', 'later', '-o', 'jsonpath={.data.a}'])).stdout;
      expect(await value()).toBe('1');
      const [run] = (await workplace.succeed('restores', '-o', 'name')).trim().split('\n');
      await workplace.succeed('undo', run!, '--yes');
      expect(await value()).toBe('2');
    });

    it('are deleted, and leave nothing', async () => {
      await workplace.succeed('create', 'passing', '--include-resources', 'namespaces');
      await workplace.succeed('delete', 'passing', '--yes');
      expect(await workplace.succeed('list', '-o', 'name')).not.toContain('passing');
    });

    it('are not made with wrong credentials, and no message holds one', async () => {
      await using stranger = await openAt({ AWS_SECRET_ACCESS_KEY: 'hunter2' });
      const location = onServer.server.location('prod');
      const { exitCode, stdout, stderr } = await stranger.run('create', 'x', '--to', location, '-v', '9');
      expect(exitCode).toBe(8);
      expect(stderr).toContain('the secret key is not the one of the access key');
      expect(stdout + stderr).not.toContain('hunter2');
    });

    it('are refused where the location has an option that nobody knows, before anything is sent', async () => {
      const { exitCode, stderr } = await workplace.run('list', '--from', 's3://bucket/prefix?pathstyle=true');
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/no option pathstyle[\s\S]*pathStyle: true or false/);
    });

    it('come with a warning from a store that cannot tell two writers apart', async () => {
      const weak = await startWeakS3(onServer.server, 'ignored');
      try {
        const location = onServer.server.location('weak', { endpoint: weak.endpoint });
        const { exitCode, stderr, stdout } = await workplace.run('create', 'x', '-n', 'default', '--to', location);
        expect(exitCode).toBe(0);
        expect(stdout + stderr).toContain('cannot tell two writers of one name apart');
        await workplace.succeed('verify', 'x', '--from', location);
      } finally {
        await weak.stop();
      }
    });
  }),
);
