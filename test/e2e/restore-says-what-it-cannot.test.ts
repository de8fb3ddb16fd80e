import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type PluginResult, type Workplace } from '../support/plugin.ts';

const bindingOf = (role: string): string[] => [
  'create',
  'rolebinding',
  'readers',
  role,
  '--serviceaccount=lab:default',
];

/** For what controllers and caches of the server come to in their own time. */
const slowly = { timeout: 60_000, interval: 500 };

for (const version of ['1.36.3', '1.30.14']) {
  await describeOnCluster('a restore that cannot do all', { version }, (on) => {
    let workplace: Workplace;
    const kubectl = async (...args: string[]): Promise<string> =>
      (await on.cluster.kubectl(['-n', 'lab', ...args])).stdout;
    const apply = (object: object): Promise<unknown> =>
      on.cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
    const service = (name: string, spec: object): object => {
      return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'lab' },
        spec: { ports: [{ port: 80 }], ...spec },
      };
    };
    const restore = (...args: string[]): Promise<PluginResult> =>
      workplace.run('restore', 'nightly', '-n', 'lab', '--yes', ...args);

    beforeAll(async () => {
      workplace = await openWorkplace(on.cluster.clusterAdmin);
      await kubectl('create', 'namespace', 'lab');
      await kubectl('create', 'namespace', 'held');
      await kubectl(...bindingOf('--role=reader'));
      await apply(service('fixed', { clusterIP: '10.0.0.77' }));
      await apply(service('open', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_777 }] }));
      await apply(service('headless', { clusterIP: 'None' }));
      for (const name of ['one', 'two', 'three', 'held'])
        await kubectl('create', 'configmap', name, '--from-literal=a=1');
      await kubectl('create', 'configmap', 'held', '-n', 'held', '--from-literal=a=1');
      await workplace.succeed('create', 'nightly', '-n', 'lab,held');
      return async () => workplace[Symbol.asyncDispose]();
    });

    it('names a field that cannot change, and replaces the object when that was asked for', async () => {
      await kubectl('delete', 'rolebinding', 'readers');
      await kubectl(...bindingOf('--clusterrole=view'));
      const { exitCode, stderr } = await restore();
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(
        /rolebindings\S*\/readers -n lab\s+roleRef cannot change; --existing replace deletes it and creates it anew: what it owns stays/,
      );
      expect(await kubectl('get', 'rolebinding', 'readers', '-o', 'jsonpath={.roleRef.name}')).toBe('view');

      expect((await restore('--existing', 'replace')).exitCode).toBe(0);
      expect(await kubectl('get', 'rolebinding', 'readers', '-o', 'jsonpath={.roleRef.name}')).toBe('reader');
    });

    it('names a Service that has become another kind of Service', async () => {
      await kubectl('delete', 'service', 'headless');
      await apply(service('headless', {}));
      const { stderr } = await restore('services/headless');
      expect(stderr).toMatch(/services\/headless -n lab\s+spec\.clusterIPs\S* cannot change/);
      await kubectl('delete', 'service', 'headless');
      expect((await restore()).exitCode).toBe(0);
    });

    it('names a cluster IP and a node port that others have, and gives new ones when that was asked for', async () => {
      await kubectl('delete', 'service', 'fixed', 'open');
      await apply(
        service('thief', { clusterIP: '10.0.0.77', type: 'NodePort', ports: [{ port: 80, nodePort: 30_777 }] }),
      );
      const { exitCode, stderr } = await restore();
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(
        /left: left services\/fixed -n lab: spec\.clusterIPs is not to be had; --addresses reassign takes another, .*already allocated/,
      );
      expect(stderr).toMatch(
        /left: left services\/open -n lab: spec\.ports\[0\]\.nodePort is not to be had; --addresses reassign takes another, .*already allocated/,
      );

      const again = await restore('--addresses', 'reassign', 'services/fixed');
      expect(again.exitCode).toBe(0);
      expect(await kubectl('get', 'service', 'fixed', '-o', 'jsonpath={.spec.clusterIP}')).not.toBe('10.0.0.77');
      await kubectl('delete', 'service', 'thief');
      expect((await restore()).exitCode).toBe(0);
    });

    it('names a quota that is used up, and restores what it allows', async () => {
      await kubectl('delete', 'configmap', 'one', 'two', 'three');
      const used = (await kubectl('get', 'configmaps', '-o', 'name')).trim().split('\n').length;
      await apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'tight', namespace: 'lab' },
        spec: { hard: { 'count/configmaps': String(used + 1) } },
      });
      await expect
        .poll(() => kubectl('get', 'resourcequota', 'tight', '-o', 'jsonpath={.status.used}'))
        .toContain(String(used));
      const { exitCode, stderr } = await restore();
      expect(exitCode).toBe(3);
      expect(stderr.match(/left: left configmaps\/\w+ -n lab: quota tight is used up; raise it/g)).toHaveLength(2);
      await kubectl('delete', 'resourcequota', 'tight');
      expect((await restore()).exitCode).toBe(0);
    });

    it('names an object that is being deleted and what it waits for, and one in a namespace that is', async () => {
      const finalizer = '{"metadata":{"finalizers":["example.com/hold"]}}';
      for (const namespace of ['lab', 'held']) {
        await kubectl('patch', 'configmap', 'held', '-n', namespace, '-p', finalizer);
      }
      await kubectl('delete', 'configmap', 'held', '--wait=false');
      await kubectl('delete', 'namespace', 'held', '--wait=false');
      await expect.poll(() => kubectl('get', 'serviceaccounts', '-n', 'held', '-o', 'name'), slowly).toBe('');

      const { exitCode, stderr } = await workplace.run('restore', 'nightly', '-n', 'lab,held', '--yes');
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/configmaps\/held -n lab\s+it is being deleted and waits for example\.com\/hold/);
      expect(stderr).toMatch(/serviceaccounts\/default -n held\s+namespace held is being deleted/);
      expect(stderr).toMatch(/namespaces\/held\s+it is being deleted/);
      for (const namespace of ['lab', 'held']) {
        await kubectl(
          'patch',
          'configmap',
          'held',
          '-n',
          namespace,
          '--type=merge',
          '-p',
          '{"metadata":{"finalizers":null}}',
        );
      }
      await expect.poll(() => kubectl('get', 'namespaces', '-o', 'name'), slowly).not.toContain('namespace/held');
      expect((await workplace.run('restore', 'nightly', '-n', 'lab,held', '--yes')).exitCode).toBe(0);
    });

    it('waits until what it deletes is gone, and names what still is not after a minute', async () => {
      const finalizer = '{"metadata":{"finalizers":["example.com/hold"]}}';
      const letGo = (name: string) =>
        kubectl('patch', 'configmap', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
      for (const name of ['quick', 'stuck']) {
        await kubectl('create', 'configmap', name);
        await kubectl('patch', 'configmap', name, '-p', finalizer);
      }
      const running = restore('--prune');
      await expect
        .poll(() => kubectl('get', 'configmap', 'quick', '-o', 'jsonpath={.metadata.deletionTimestamp}'), slowly)
        .not.toBe('');
      await letGo('quick');
      const { exitCode, stderr } = await running;
      expect(exitCode).toBe(3);
      expect(stderr.match(/note: deleted .*/g)).toEqual([
        'note: deleted configmaps/stuck -n lab: it is still terminating, and waits for example.com/hold',
      ]);
      await letGo('stuck');
    });

    it('names a webhook whose back end is away before and after, with what it is asked about', async () => {
      await apply({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'gatekeeper' },
        webhooks: [
          {
            name: 'check.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            failurePolicy: 'Fail',
            clientConfig: { service: { namespace: 'lab', name: 'fixed', path: '/' } },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
          },
        ],
      });
      await kubectl('delete', 'configmap', 'one');
      await expect.poll(async () => (await restore('--dry-run=server')).stdout, slowly).toContain('does not answer');
      const { exitCode, stderr } = await restore();
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(
        /warning: webhook check\.example\.com of gatekeeper .* its back end lab\/fixed is away: they will fail/,
      );
      expect(stderr).toMatch(
        /left: left configmaps\/one -n lab: webhook check\.example\.com must be asked and does not answer; bring its back end up/,
      );
      await kubectl('delete', 'validatingwebhookconfiguration', 'gatekeeper');
      await expect.poll(async () => (await restore('--dry-run=server')).exitCode, slowly).toBe(0);
      expect((await restore()).exitCode).toBe(0);
    });

    it('names an admission policy that refuses', async () => {
      await apply({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'no-twos' },
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
            ],
          },
          validations: [{ expression: "object.metadata.name != 'two'", message: 'no twos here' }],
        },
      });
      await apply({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'no-twos' },
        spec: { policyName: 'no-twos', validationActions: ['Deny'] },
      });
      await kubectl('delete', 'configmap', 'two');
      await expect
        .poll(async () => (await restore('--dry-run=server')).stdout, slowly)
        .toMatch(/configmaps\/two -n lab\s+policy no-twos refuses it: .*no twos here/);
      const { exitCode, stderr } = await restore();
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/left: left configmaps\/two -n lab: policy no-twos refuses it/);
      await kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', 'no-twos');
      await expect.poll(async () => (await restore('--dry-run=server')).exitCode, slowly).toBe(0);
      expect((await restore()).exitCode).toBe(0);
    });

    it('names the namespace that an object lacks, and brings it along when it is named, too', async () => {
      await kubectl('delete', 'namespace', 'held');
      const alone = await workplace.run('restore', 'nightly', 'configmap/held', '-n', 'held', '--yes');
      expect(alone.exitCode).toBe(3);
      expect(alone.stderr).toMatch(
        /configmaps\/held -n held\s+namespace held is neither there nor restored along; .*name it too: namespace\/held/,
      );
      const both = await workplace.run('restore', 'nightly', 'namespace/held', 'configmap/held', '-n', 'held', '--yes');
      expect(both.exitCode).toBe(0);
    });

    it('names the rights that are missing before anything is written, all at once', async () => {
      await kubectl('delete', 'configmap', 'one', 'two');
      await kubectl('delete', 'service', 'open');
      const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
      await using reader = await openWorkplace(await on.cluster.namespaceUser('lab', rules));
      const location = join(workplace.home, 'data', 'infrabackup');
      const { exitCode, stderr } = await reader.run('restore', 'nightly', '-n', 'lab', '--yes', '--from', location);
      expect(exitCode).toBe(6);
      expect(stderr).toMatch(/VERB +RESOURCE +NAMESPACE\n/);
      expect(stderr).toMatch(/create +configmaps +lab\n/);
      expect(stderr).toMatch(/create +services +lab\n/);
      expect(stderr).toContain('nothing was changed');
      expect(await kubectl('get', 'configmaps,services', '-o', 'name')).not.toMatch(/one|two|open/);
    });

    it('works for a user of one namespace with a Role', async () => {
      await using member = await openWorkplace(await on.cluster.namespaceUser('lab'));
      const location = join(workplace.home, 'data', 'infrabackup');
      const args = ['nightly', '-n', 'lab', '--from', location];
      const { exitCode, stderr } = await member.run('restore', ...args, '--yes');
      expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
      expect((await member.run('diff', ...args)).exitCode).toBe(0);
    });

    it('names a role that would give more rights than the user has', async () => {
      // All verbs but escalate and bind.
      const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
      const rules = [
        {
          apiGroups: [''],
          resources: ['configmaps', 'services', 'namespaces', 'secrets', 'serviceaccounts'],
          verbs,
        },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs },
      ];
      await kubectl('create', 'role', 'reader', '--verb=get', '--resource=pods');
      await workplace.succeed('create', 'with-role', '-n', 'lab');
      await kubectl('delete', 'role', 'reader');
      await using granter = await openWorkplace(await on.cluster.namespaceUser('lab', rules));
      const location = join(workplace.home, 'data', 'infrabackup');
      const { exitCode, stderr } = await granter.run(
        ...['restore', 'with-role', 'role/reader', '-n', 'lab', '--yes', '--from', location],
      );
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(
        /roles\S*\/reader -n lab\s+it would give more rights than you have; who has them, or may escalate,/,
      );
      expect(await kubectl('get', 'roles', '-o', 'name')).not.toContain('reader');
    });
  });
}
