import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openShop } from './shop.ts';
import { describeInWindow, type EditorSuite } from './suite.ts';

/** Made for this test, and good for nothing else. */
const identity = 'AGE-SECRET-KEY-1Q4JP0QN2QCWW0G948YM8Z4E7YGDXRUAK6WJ4ERAZHULL37U58UWQN5US54';
const recipient = 'age19zs6h2d5hrhg7k78pg086uet07w9f87x6m3dg35jycz9k48am4eqg54g6x';
const somebodyElse = 'AGE-SECRET-KEY-1P6735FNXA6XXNN27C3UAU40W7LHLHEZK5UVA5NUFLUYS57HDR7TSMXS76L';
const identityFile = (dataHome: string): string => join(dataHome, 'age-identity');

const suite: EditorSuite = {
  async prepare({ cluster, dataHome }) {
    await openShop(cluster);
    await writeFile(identityFile(dataHome), `${somebodyElse}\n`);
  },
  env: ({ dataHome }) => Promise.resolve({ INFRABACKUP_AGE_IDENTITY: identityFile(dataHome) }),
};

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
    await window.row(/^Preview of restoring by-hand/).waitFor();
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
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.row(/^Backup labelled, complete, .*, \d+ objects/).waitFor();
  });

  it('says what went wrong, with what to do and the log as buttons', async () => {
    const { window } = on;
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /By label/);
    await window.answer(/Create Backup by Label/, 'app=web');
    await window.answer(counted, 'labelled');
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    const told = await window.notification(/has a backup labelled already/);
    await told.getByRole('button', { name: /What to Do|Open in Terminal/ }).waitFor();
    await told.getByRole('button', { name: 'Show Log' }).click();
    await window.page.locator('.output-view-content, .output-view').getByText('BACKUP_EXISTS').first().waitFor();
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
    await window.pick(/Encrypt the backup/, /Not encrypted/);
    await window.row(/^Backup for-the-team/).waitFor();
    await window.menu(/^Location team/, 'Remove Location…');
    await expect.poll(() => window.row(/^Backup for-the-team/).count()).toBe(0);
    await window.row(/^Backup by-hand/).waitFor();
  });

  it('encrypts Secrets for an age recipient, and shows them, masked, only with the identity', async () => {
    const { window } = on;
    await window.command('Infrabackup: Create Backup');
    await window.pick(/Back up what/, /Some namespaces/);
    await window.tick(/Which namespaces/, 'shop');
    await window.answer(counted, 'sealed');
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

  it('deletes a backup after a question on which Enter keeps it', async () => {
    const { window } = on;
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
