import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openShop, password } from './shop.ts';
import { describeInWindow, type EditorSuite } from './suite.ts';

/** Made for this test, and good for nothing else. */
const identity = 'AGE-SECRET-KEY-1Q4JP0QN2QCWW0G948YM8Z4E7YGDXRUAK6WJ4ERAZHULL37U58UWQN5US54';
const recipient = 'age19zs6h2d5hrhg7k78pg086uet07w9f87x6m3dg35jycz9k48am4eqg54g6x';
const somebodyElse = 'AGE-SECRET-KEY-1P6735FNXA6XXNN27C3UAU40W7LHLHEZK5UVA5NUFLUYS57HDR7TSMXS76L';
const identityFile = (dataHome: string): string => join(dataHome, 'age-identity');

const suite: EditorSuite = {
  // Installed, and broken: everything must work as if it were not there.
  installed: ['extension', 'kubernetesStub'],
  async prepare({ cluster, dataHome }) {
    await openShop(cluster);
    await writeFile(identityFile(dataHome), `${somebodyElse}\n`);
  },
  files: {
    'velero.yaml': `apiVersion: velero.io/v1
kind: Backup
metadata: {name: shop, namespace: velero, labels: {tier: gold}}
spec: {includedNamespaces: [shop], includedResources: [configmaps], ttl: 720h0m0s}
`,
  },
  env: ({ dataHome }) => Promise.resolve({ INFRABACKUP_AGE_IDENTITY: identityFile(dataHome), STUB_BREAKS: 'true' }),
};

/** How many days after it was made a backup may go, by its summary. */
function keptDays(summary: string): number {
  const instant = (member: string): number =>
    Date.parse(new RegExp(`${member}: ['"]?([^'"\\s]+)`).exec(summary)?.[1] ?? '');
  return (instant('expiresAt') - instant('startedAt')) / 86_400_000;
}

await describeInWindow('taking backups in the editor', suite, (on) => {
  const sideBar = () => on.window.page.locator('.part.sidebar');
  const welcome = (text: string) => sideBar().getByText(text).first().waitFor();
  const counted = /Create Backup of platform-engineer: \d+ objects of \d+ types/;

  it('says what to do where there are no backups: without a kubeconfig, without a cluster, and with one', async () => {
    await welcome('There are no backups yet.');
    await on.server.setWorkspaceSettings({ 'infrabackup.kubeconfig': join(on.server.home, 'no-such-file') });
    await welcome('the kubeconfig has no context');
    const nobody = join(on.server.home, 'nobody-answers');
    await writeFile(
      nobody,
      JSON.stringify({
        'current-context': 'gone',
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        contexts: [{ name: 'gone', context: { cluster: 'c', user: 'u' } }],
        users: [{ name: 'u', user: {} }],
      }),
    );
    await on.server.setWorkspaceSettings({ 'infrabackup.kubeconfig': nobody });
    await welcome('the cluster does not answer');
    await on.server.setWorkspaceSettings({});
    await welcome('There are no backups yet.');
    await welcome('See what a restore would change on the live cluster before anything is changed.');
    await sideBar()
      .getByRole('button', { name: /^Schedules Section/ })
      .click();
    await welcome('Schedules run inside the cluster, in the infrabackup operator.');
    await sideBar()
      .getByRole('button', { name: /^Schedules Section/ })
      .click();
  });

  it('shows a backup that cannot be read, and colours the status bar by it where there is no other', async () => {
    const { window, dataHome } = on;
    const folder = join(dataHome, 'infrabackup/backups/damaged');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'damaged-summary.json'), '{}');
    await window.command('Infrabackup: Refresh');
    await window.row(/^Backup damaged cannot be read: /).waitFor();
    await window.page.locator('.statusbar-item.error-kind', { hasText: 'platform-engineer' }).waitFor();
    await rm(folder, { recursive: true });
    await window.command('Infrabackup: Refresh');
    await welcome('There are no backups yet.');
  });

  it('leads by a walkthrough from choosing a cluster to a preview, and ticks what is done', async () => {
    const { window } = on;
    const done = (step: string) => window.page.getByRole('checkbox', { name: `${step}: Completed` }).waitFor();
    const open = async (): Promise<void> => {
      await window.command('Welcome: Open Walkthrough');
      await window.pick(/Select a walkthrough/, /Back up and restore a Kubernetes cluster/, 'Back up and restore');
    };
    await open();
    await window.page.getByRole('button', { name: 'Select Cluster Context' }).click();
    await window.pick(/Which cluster/, /Follow the kubeconfig/);
    await done('Choose a cluster');

    await sideBar().getByRole('button', { name: 'Create Backup', exact: true }).first().click();
    await window.pick(/Back up what of platform-engineer/, /Some namespaces/);
    await window.tick(/Which namespaces/, 'shop');
    await window.answer(counted, 'by-hand');
    await window.pick(/Keep it for how long/, /For ever/);
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.notification(/Backup by-hand is done: \d+ objects.*Secrets lie in it in clear/);
    await window.row(/^Backup by-hand, complete/).waitFor();
    await done('Take a backup');

    const configMaps = [/^Backup by-hand/, /^Namespace shop/, /^ConfigMap, /] as const;
    await window.expand(...configMaps);
    await window.row([...configMaps, 'ConfigMap web']).click();
    // An editor that is still opening would take the focus from the question.
    await expect.poll(() => window.title()).toContain('web.yaml');
    await window.inline(/^Backup by-hand/, 'Preview Restore');
    await window.focused(/^Preview of restoring by-hand/);
    await open();
    await done('Look into it');
    await done('Preview a restore');
  });

  it('takes one of what a label selects, and refuses what is no selector or no name', async () => {
    const { window } = on;
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /By label/);
    await window.answer(/Create Backup by Label/, 'app=(');
    await window.question(/as kubectl takes it/);
    await window.answer(/Create Backup by Label/, 'app=web');
    await window.answer(counted, 'No Name');
    await window.question(/lower-case|a-z/);
    await window.answer(counted, 'labelled');
    await window.pick(/Keep it for how long/, /For ever/);
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.row(/^Backup labelled, complete, .*, \d+ objects/).waitFor();
  });

  it('takes one of what a specification says, for as long as that says, or as long as is typed', async () => {
    const { window, server } = on;
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /What a file says/);
    await window.file(/What to Back Up/, join(server.workspace, 'velero.yaml'));
    await window.answer(/Create Backup of platform-engineer: \d+ objects of 2 types/, 'by-spec');
    await window.pick(/Keep it for how long/, /As the file says/);
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.menu(/^Backup by-spec/, 'Show Summary');
    await expect.poll(() => window.text()).toMatch(/tier: gold/);
    expect(keptDays(await window.text())).toBe(30);

    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /By label/);
    await window.answer(/Create Backup by Label/, 'app=web');
    await window.answer(counted, 'for-days');
    await window.pick(/Keep it for how long/, /Another time/);
    await window.answer(/Keep the Backup For/, 'a while');
    await window.question(/as in 24h/);
    await window.answer(/Keep the Backup For/, '48h');
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.menu(/^Backup for-days/, 'Show Summary');
    await expect.poll(() => window.title()).toContain('for-days');
    await expect.poll(async () => keptDays(await window.text())).toBe(2);
  });

  it('says what went wrong, with what to do and the log as buttons', async () => {
    const { window } = on;
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /By label/);
    await window.answer(/Create Backup by Label/, 'app=web');
    await window.answer(counted, 'labelled');
    await window.pick(/Keep it for how long/, /For ever/);
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    const told = await window.notification(/has a backup labelled already/);
    await told.getByRole('button', { name: /What to Do|Open in Terminal/ }).waitFor();
    await told.getByRole('button', { name: 'Show Log' }).click();
    const log = window.page.locator('.output-view-content, .output-view');
    await log.getByText('BACKUP_EXISTS').first().waitFor();
    await window.command('View: Hide Panel');
  });

  it('is silent when the wizard is left', async () => {
    const { window } = on;
    await window.command('Infrabackup: Create Backup');
    await window.question(/Back up what/);
    await window.page.keyboard.press('Escape');
    await window.page.locator('[id="status.notifications"]').click();
    await window.page.getByText('No new notifications').waitFor();
    await window.page.keyboard.press('Escape');
  });

  it('shows the cluster and the age of its last backup in the status bar, unless told not to', async () => {
    const { window, server } = on;
    const item = window.page.locator('.statusbar-item', { hasText: /platform-engineer · (just now|\d+ minute)/ });
    await item.waitFor();
    await server.setWorkspaceSettings({ 'infrabackup.statusBar.visible': false });
    await item.waitFor({ state: 'detached' });
    await server.setWorkspaceSettings({});
    await window.command('View: Show Explorer');
    await item.click();
    await sideBar()
      .getByRole('button', { name: /^Backups Section/ })
      .waitFor();
  });

  it('adds a location, backs up into it from its row, and removes it again', async () => {
    const { window, server } = on;
    const folder = join(server.home, 'team backups');
    await mkdir(folder);
    await window.command('Infrabackup: Add Backup Location');
    await window.pick(/Where do the backups lie/, /A URI/);
    await window.answer(/s3:/, `file://${encodeURI(folder)}`);
    await window.answer(/A name for/, 'team');
    await window.menu(/^Location team/, 'Create Backup…');
    await window.pick(/Back up what/, /By label/);
    await window.answer(/Create Backup by Label/, 'app=web');
    await window.answer(counted, 'for-the-team');
    await window.pick(/Keep it for how long/, /For ever/);
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.row(/^Backup for-the-team/).waitFor();
    await window.menu(/^Location team/, 'Remove Location…');
    await expect.poll(() => window.row(/^Backup for-the-team/).count()).toBe(0);
    await window.row(/^Backup by-hand/).waitFor();
  });

  it('removes the location that the palette asks for, but never the built-in one', async () => {
    const { window, server } = on;
    await window.command('Infrabackup: Remove Location');
    await window.notification(/There is no location but the built-in one/);
    await window.command('Infrabackup: Add Backup Location');
    await window.pick(/Where do the backups lie/, /A URI/);
    await window.answer(/s3:/, `file://${encodeURI(join(server.home, 'team backups'))}`);
    await window.answer(/A name for/, 'theirs');
    // What was left of the location that was removed is still there.
    await window.row(/^Backup for-the-team/).waitFor();
    await window.command('Infrabackup: Remove Location');
    await window.pick(/Look no more into which location/, /^theirs/);
    await expect.poll(() => window.row(/^Location theirs/).count()).toBe(0);
  });

  it('encrypts Secrets for an age recipient, and shows them, masked, only with the identity', async () => {
    const { window } = on;
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /Some namespaces/);
    await window.tick(/Which namespaces/, 'shop');
    await window.answer(counted, 'sealed');
    await window.pick(/Keep it for how long/, /For ever/);
    await window.pick(/Encrypt the backup/, /Secrets, for age recipients/);
    await window.answer(/Encrypt for age Recipients/, 'age1-nobody');
    await window.question(/a recipient begins with age1/);
    await window.answer(/Encrypt for age Recipients/, recipient);
    // The one of the backup before lies open below it.
    const secrets = [/^Backup sealed/, /^Namespace shop/, /^Secret, 1 object/] as const;
    await window.expand(...secrets);
    await window.row([...secrets, 'Secret token']).click();
    await expect
      .poll(() => window.text())
      .toMatch(/# secrets\/token -n shop is encrypted for age recipients, of which no identity given is one/);
    const told = await window.notification(/is encrypted for age recipients/);
    await told.getByRole('button', { name: 'Open Settings' }).waitFor();
    await writeFile(identityFile(on.dataHome), `${identity}\n`);
    await window.command('Infrabackup: Refresh');
    await expect.poll(() => window.text()).toMatch(/password: ['"]\*\*\*['"]/);
  });

  it('restores a Secret out of an encrypted backup, by the identity, without ever showing its value', async () => {
    const { window, cluster } = on;
    const stored = async (): Promise<string> => {
      const flags = ['--namespace', 'shop', '--output', 'jsonpath={.data.password}'];
      return Buffer.from((await cluster.kubectl(['get', 'secret', 'token', ...flags])).stdout, 'base64').toString();
    };
    const other = { stringData: { password: 'another one' } };
    await cluster.kubectl(['patch', 'secret', 'token', '-n', 'shop', '--patch', JSON.stringify(other)]);
    await window.inline([/^Backup sealed/, /^Namespace shop/, /^Secret, 1 object/, 'Secret token'], 'Preview Restore');
    const preview = /^Preview of restoring secrets\/token -n shop of sealed into platform-engineer, 1 change/;
    await window.row(preview).waitFor();
    const change = [preview, /^Will be changed/, /shop/, /secrets/, 'secrets token, changed'] as const;
    await window.expand(...(change.slice(0, -1) as [RegExp, ...RegExp[]]));
    await window.row(change).click();
    await expect.poll(() => window.text(window.diff().left)).toMatch(/password: .*\*\*\*/);
    await expect.poll(() => window.text(window.diff().right)).toMatch(/password: .*\*\*\*/);
    expect(await window.page.locator('.monaco-diff-editor').innerText()).not.toMatch(/hunter2|another one/);
    expect(await stored()).toBe('another one');
    await window.menu(change, 'Restore…');
    await window.dialog().getByRole('button', { name: 'Restore', exact: true }).click();
    await window.notification(/Restored sealed into platform-engineer: 1 updated/);
    expect(await stored()).toBe(password);
  });

  it('encrypts and reads by what the entry of a location says', async () => {
    const { window, server, dataHome } = on;
    await mkdir(join(server.home, 'vault'));
    await mkdir(join(server.home, '.config/infrabackup'), { recursive: true });
    const own = join(dataHome, 'identity-of-the-vault');
    await writeFile(own, `${identity}\n`);
    await writeFile(identityFile(dataHome), `${somebodyElse}\n`);
    const encryption = { ageRecipients: [recipient], resources: ['secrets'], ageIdentity: own };
    await writeFile(
      join(server.home, '.config/infrabackup/config.yaml'),
      JSON.stringify({ locations: { vault: { uri: `file://${encodeURI(join(server.home, 'vault'))}`, encryption } } }),
    );
    await window.row(/^Location vault/).waitFor();
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /Some namespaces/);
    await window.tick(/Which namespaces/, 'shop');
    await window.answer(counted, 'locked-away');
    await window.pick(/Where to/, /^vault/);
    await window.pick(/Keep it for how long/, /For ever/);
    await window.pick(/Encrypt the backup/, /As location vault says/);
    const secrets = [/^Backup locked-away/, /^Namespace shop/, /^Secret, 1 object/] as const;
    await window.expand(...secrets);
    await window.row([...secrets, 'Secret token']).click();
    await expect.poll(() => window.text()).toMatch(/password: ['"]\*\*\*['"]/);
    await window.menu(/^Backup locked-away/, 'Show Summary');
    await expect.poll(() => window.text()).toMatch(/encryption:\s+keys:/);
  });

  it('deletes a backup after a question on which Enter keeps it', async () => {
    const { window } = on;
    await window.row(/^Backup labelled/).click({ button: 'right' });
    // Last, and apart from the others.
    await expect.poll(() => window.page.getByRole('menuitem').last().innerText()).toContain('Delete Backup…');
    await window.page.keyboard.press('Escape');
    await window.menu(/^Backup labelled/, 'Delete Backup…');
    await expect.poll(() => window.dialog().innerText()).toMatch(/Delete backup labelled\?.*\d+ objects/s);
    await window.page.keyboard.press('Enter');
    await window.dialog().waitFor({ state: 'detached' });
    await window.row(/^Backup labelled/).waitFor();
    await window.menu(/^Backup labelled/, 'Delete Backup…');
    await window.dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(() => window.row(/^Backup labelled/).count()).toBe(0);
  });
});
