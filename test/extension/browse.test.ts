import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { backUp, changeShop, openShop, shopSelection } from './shop.ts';
import { describeInWindow } from './suite.ts';

/** The files that Velero would leave of a backup, out of one of ours: its archive is laid out so, but for what is ours. */
async function leaveAsVelero(backups: string, ours: string, theirs: string): Promise<void> {
  await mkdir(join(backups, theirs));
  const packed = pack();
  const written = writeFile(join(backups, theirs, `${theirs}.tar.gz`), packed.pipe(createGzip()));
  const entries = createReadStream(join(backups, ours, `${ours}.tar.gz`))
    .pipe(createGunzip())
    .pipe(extract());
  for await (const entry of entries) {
    const body = await buffer(entry);
    if (!entry.header.name.startsWith('metadata/infrabackup')) packed.entry(entry.header, body);
  }
  packed.finalize();
  await written;
  const said = await readFile(join(backups, ours, 'velero-backup.json'), 'utf8');
  await writeFile(join(backups, theirs, 'velero-backup.json'), said.replaceAll(`"${ours}"`, `"${theirs}"`));
}

await describeInWindow(
  'browsing backups in the editor',
  {
    async prepare({ cluster, dataHome }) {
      await openShop(cluster);
      await backUp(cluster, dataHome, 'before-upgrade', shopSelection);
      await changeShop(cluster);
      await backUp(cluster, dataHome, 'after-upgrade', shopSelection);
      await leaveAsVelero(join(dataHome, 'infrabackup/backups'), 'after-upgrade', 'by-velero');
    },
    files: {
      'web.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\ndata:\n  colour: green\n  greeting: hello\n',
    },
  },
  (on) => {
    const configMaps = [/^Backup before-upgrade/, /^Namespace shop/, /^ConfigMap, /] as const;
    const web = [...configMaps, 'ConfigMap web'] as const;

    it('opens an object as it was, two clicks from its namespace', async () => {
      const { window } = on;
      await window.expand(...configMaps);
      await window.row(web).click();
      await expect.poll(() => window.text()).toContain('colour: blue');
      expect(await window.title()).toContain('web.yaml');
    });

    it('compares an object with the live one side by side', async () => {
      const { window } = on;
      await window.expand(...configMaps);
      await window.inline(web, 'Compare with Live');
      await expect.poll(() => window.text(window.diff().left)).toContain('red');
      await expect.poll(() => window.text(window.diff().right)).toContain('blue');
    });

    it('compares an object with the same one in another backup, the older one left', async () => {
      const { window } = on;
      await window.expand(...configMaps);
      await window.menu(web, 'Compare with Another Backup…');
      await window.pick(/Compare web of before-upgrade with which backup/, /after-upgrade/);
      await expect.poll(() => window.title()).toContain('web (before-upgrade ↔ after-upgrade)');
      await expect.poll(() => window.text(window.diff().right)).toContain('red');
    });

    it('compares an object with its manifest in a file', async () => {
      const { window, server } = on;
      await window.expand(...configMaps);
      await window.menu(web, 'Compare with a Local File…');
      await window.file(/The manifest of web/, join(server.workspace, 'web.yaml'));
      await expect.poll(() => window.title()).toContain('web (before-upgrade ↔ web.yaml)');
      await expect.poll(() => window.text(window.diff().right)).toContain('green');
    });

    it('offers the versions of an object from its row, each beside the one before', async () => {
      const { window } = on;
      await window.expand(...configMaps);
      await window.menu(web, 'Show History…');
      await window.pick(/configmaps\/web -n shop: 2 versions. Compare which/, /after-upgrade/);
      await window.pick(/Compare it/, /With the version before/);
      await expect.poll(() => window.title()).toContain('web (before-upgrade ↔ after-upgrade)');
    });

    it('offers the versions of the object that a YAML editor shows', async () => {
      const { window } = on;
      await window.command('Go to File...');
      await window.pick(/Search files by name/, /^web\.yaml/, 'web.yaml');
      await expect.poll(() => window.title()).toContain('web.yaml');
      await window.command('Infrabackup: Show History');
      await window.pick(/configmaps\/web -n shop: 2 versions/, /before-upgrade/);
      await expect.poll(() => window.title()).toContain('web (live in platform-engineer ↔ before-upgrade)');
    });

    it('offers the versions of an object that the palette asks for', async () => {
      const { window } = on;
      await window.command('Infrabackup: Show History');
      await window.pick(/An object of which backup/, /before-upgrade/);
      await window.pick(/Of which type/, /ConfigMap/);
      await window.pick(/Which object/, /^worker/);
      await window.pick(/configmaps\/worker -n shop: 1 version/, /before-upgrade/);
      await expect.poll(() => window.title()).toContain('worker (live in platform-engineer ↔ before-upgrade)');
    });

    it('finds objects by words', async () => {
      const { window } = on;
      await window.command('Infrabackup: Filter Objects');
      await window.answer(/Filter Objects/, 'shop/worker');
      const found = [/^Backup before-upgrade/, /^Namespace shop, 1 object/, /^ConfigMap, 1 object/] as const;
      await window.expand(...found);
      await window.row([...found, 'ConfigMap worker']).waitFor();
      await window.page.locator('.part.sidebar').getByText('Only objects with: shop/worker').waitFor();
      await window.command('Infrabackup: Clear Filter');
      await window.row(/^Namespace shop, ([5-9]|1\d) objects/).waitFor();
    });

    it('closes all rows at once', async () => {
      const { window } = on;
      await window.expand(...configMaps);
      // The actions of a view show while the mouse is over it.
      await window.row(/^Location local/).hover();
      await window.page.locator('.part.sidebar .codicon-collapse-all').first().click();
      await expect.poll(() => window.row(/^Namespace /).count()).toBe(0);
      await window.expand(/^Location local/);
    });

    it.each([
      ['Open Object of a Backup', /An object of which backup/],
      ['Compare with Live', /An object of which backup/],
      ['Compare with Another Backup', /An object of which backup/],
      ['Compare with a Local File', /An object of which backup/],
      ['Preview Restore', /Preview a restore of which backup/],
      ['Show Summary', /Which backup/],
      ['Delete Backup', /Delete which backup/],
    ])('asks what is meant by %s in the palette', async (command, question) => {
      const { window } = on;
      await window.command(`Infrabackup: ${command}`);
      await window.question(question);
    });

    it('opens a backup that Velero made, and previews its restore', async () => {
      const { window } = on;
      const backup = /^Backup by-velero, made by Velero, .* objects$/;
      const types = [backup, /^Namespace shop/, /^ConfigMap, /] as const;
      await window.expand(...types);
      await window.row([...types, 'ConfigMap newcomer']).waitFor();
      await window.row([...types, 'ConfigMap web']).click();
      await expect.poll(() => window.text()).toContain('colour: red');
      await window.menu(backup, 'Show Summary');
      await expect.poll(() => window.text()).toContain('tool: Velero');
      await window.inline([...types, 'ConfigMap web'], 'Preview Restore');
      await window.row(/^Preview of restoring configmaps\/web -n shop of by-velero .*, nothing to change/).waitFor();
    });

    it('keeps the kubeconfig as it is when another context is chosen', async () => {
      const { window, cluster } = on;
      await window.command('Infrabackup: Select Cluster Context');
      await window.pick(/Which cluster/, /platform-engineer/);
      await expect.poll(() => window.page.locator('.statusbar-item', { hasText: 'platform-engineer' }).count()).toBe(1);
      const { stdout } = await cluster.kubectl(['config', 'current-context']);
      expect(stdout.trim()).toBe('platform-engineer');
    });

    it('follows a location that another program adds', async () => {
      const { window, server } = on;
      const folder = join(server.home, '.config/infrabackup');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'config.yaml'), `locations:\n  team:\n    uri: file://${on.dataHome}/infrabackup\n`);
      await window.row(/^Location team/).waitFor();
    });

    it('is started by its view alone, in a time that the editor itself has measured', async () => {
      const { window } = on;
      await window.command('Developer: Show Running Extensions');
      const ours = window.page.locator('.runtime-extensions-editor .monaco-list-row', {
        hasText: 'Infrabackup for Kubernetes',
      });
      await expect.poll(() => ours.innerText()).toMatch(/Activation: \d+ms/);
      process.stderr.write(`measured: the editor says ${/Activation: \d+ms/.exec(await ours.innerText())?.[0]}\n`);
      // It is a dialog, which keeps the key of the palette to itself; in old editors it is an editor.
      await window.page.keyboard.press('Escape');
      await window.command('View: Close All Editors');
      await ours.waitFor({ state: 'detached' });
    });

    it('talks to nobody but the editor itself', () => {
      expect([...on.window.hosts]).toEqual(['127.0.0.1']);
    });
  },
);
