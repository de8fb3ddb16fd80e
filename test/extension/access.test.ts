import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { backUp, changeShop, openShop, readShop, shopSelection } from './shop.ts';
import { describeInWindow } from './suite.ts';

const picture = resolve(import.meta.dirname, '../../extension/media/screenshots/high-contrast.png');

await describeInWindow(
  'access to all of it in the editor',
  {
    async prepare({ cluster, dataHome }) {
      await openShop(cluster);
      await backUp(cluster, dataHome, 'before-upgrade', shopSelection);
      await changeShop(cluster);
    },
  },
  (on) => {
    it('restores an object by the keyboard alone', async () => {
      const { keyboard } = on.window.page;
      const { window } = on;
      /** Presses a key until what has the focus reads so. */
      async function pressUntil(key: string, reads: RegExp): Promise<void> {
        for (let presses = 0; presses < 40; presses++) {
          if (reads.test(await focused())) return;
          await keyboard.press(key);
          await window.page.waitForTimeout(150);
        }
        throw new Error(`${key} never reached ${String(reads)}; last was: ${await focused()}`);
      }
      /** The name of what the next key goes to: the focused element, or the row that it says is active in it. */
      async function focused(): Promise<string> {
        return window.page.evaluate<string>(`(() => {
          const focused = document.activeElement;
          const active = document.getElementById(focused?.getAttribute('aria-activedescendant') ?? '') ?? focused;
          return active?.getAttribute('aria-label') ?? active?.textContent ?? '';
        })()`);
      }

      await window.command('Infrabackup: Preview Restore');
      await window.answer(/Preview a restore of which backup/, 'before-upgrade');
      await window.row(/^Preview of restoring before-upgrade/).waitFor();
      await window.command('Focus on Restores View');
      const way = [
        /^Will be changed, 1 object/,
        /^Will be changed: shop/,
        /^Will be changed: configmaps/,
        /^configmaps web/,
      ];
      for (const name of way) {
        await window.row(name).waitFor();
        await pressUntil('ArrowDown', name);
        await keyboard.press('ArrowRight');
      }
      await keyboard.press('Shift+F10');
      await window.page.getByRole('menuitem', { name: 'Restore…' }).waitFor();
      await pressUntil('ArrowDown', /^Restore…/);
      await keyboard.press('Enter');
      await window.dialog().waitFor();
      await pressUntil('Tab', /^Restore$/);
      await keyboard.press('Enter');
      await expect.poll(() => readShop(on.cluster, 'web', 'colour')).toBe('blue');
    });

    it('gives every row a name that says all that icon and colour say', async () => {
      const { window } = on;
      await window.expand(/^Backup before-upgrade/, /^Namespace shop/);
      await window.row(/^ServiceAccount, /).waitFor();
      const rows = await window.page.locator('.part.sidebar').getByRole('treeitem').all();
      expect(rows.length).toBeGreaterThan(5);
      for (const row of rows) {
        const [name, label] = [await row.getAttribute('aria-label'), await row.locator('.label-name').innerText()];
        expect(name, label).toMatch(/\w, .+|^ConfigMap \w+|^Cluster-scoped/);
        await row.hover();
        const actions = await row.getByRole('button').all();
        expect(actions.length, label).toBeLessThanOrEqual(2);
        for (const action of actions) expect(await action.getAttribute('aria-label'), label).not.toMatch(/delete/i);
      }
    });

    it('tells verdicts apart without colours, in a high contrast theme too', async () => {
      const { window } = on;
      const { page } = window;
      // What the operating system says, which the editor follows.
      await page.emulateMedia({ forcedColors: 'active' });
      await page.locator('.monaco-workbench.hc-black, .monaco-workbench.hc-light').waitFor();
      await window.inline(/^Backup before-upgrade/, 'Preview Restore');
      await window.row(/^Preview of restoring before-upgrade/).waitFor();
      await window.row(/^Will be created/).waitFor();
      if (process.env['SCREENSHOTS'] === 'true') await page.screenshot({ path: picture });
    });
  },
);
