import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { CodeServer } from './code-server.ts';

/** Two shared cores bring the workbench up in eight seconds, or in forty. */
const firstWaitMs = 90_000;
const waitMs = 30_000;

/** The window of an editor, as a person uses it: by roles and labels where there are any. */
export interface Workbench extends AsyncDisposable {
  readonly page: Page;
  /** Every host that the page asked for something. */
  readonly hosts: ReadonlySet<string>;
  /** Opens the Backups container by its icon. */
  openBackups(): Promise<void>;
  /** A row of the side bar whose accessible name begins so. */
  row(name: string | RegExp): Locator;
  /** Opens rows, from the outside in. */
  expand(...names: readonly (string | RegExp)[]): Promise<void>;
  /** Runs an action of a row that shows when the mouse is over it. */
  inline(name: string | RegExp, action: string | RegExp): Promise<void>;
  /** Runs an entry of a row's context menu. */
  menu(name: string | RegExp, entry: string | RegExp): Promise<void>;
  /** Runs a command by its name. */
  command(name: string): Promise<void>;
  /** Answers a box that asks: types, if there is something to type, and presses Enter. */
  answer(text?: string): Promise<void>;
  /** Chooses an entry of the box that is open. */
  choose(label: string | RegExp): Promise<void>;
  /** A notification, in the list that the bell opens: toasts come and go as the editor likes. */
  notification(text: string | RegExp): Promise<Locator>;
  dialog(): Locator;
}

/** Opens the editor's window in a browser of its own profile. */
export async function openWorkbench(browser: Browser, server: CodeServer): Promise<Workbench> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 860 }, colorScheme: 'dark' });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const hosts = new Set<string>();
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') || url.protocol.startsWith('ws')) hosts.add(url.hostname);
  });
  await page.goto(`${server.url}/?${new URLSearchParams({ folder: server.workspace }).toString()}`);
  await page.locator('.monaco-workbench').waitFor({ timeout: firstWaitMs });
  await page
    .locator('.activitybar')
    .getByRole('tab', { name: /^Backups/ })
    .waitFor({ timeout: firstWaitMs });

  const row = (name: string | RegExp): Locator =>
    page.locator('.sidebar, .part.sidebar').getByRole('treeitem', { name }).first();
  const quickInput = page.locator('.quick-input-widget');
  const workbench: Workbench = {
    page,
    hosts,
    async openBackups() {
      const tab = page.locator('.activitybar').getByRole('tab', { name: /^Backups/ });
      if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
      await page
        .locator('.part.sidebar')
        .getByRole('button', { name: /^Backups Section/ })
        .waitFor({ timeout: firstWaitMs });
    },
    row,
    async expand(...names) {
      for (const name of names) {
        const found = row(name);
        await found.waitFor();
        if ((await found.getAttribute('aria-expanded')) === 'false') await found.locator('.monaco-tl-twistie').click();
        await expect.poll(() => row(name).getAttribute('aria-expanded'), { timeout: waitMs }).toBe('true');
      }
    },
    async inline(name, action) {
      await row(name).hover();
      await row(name).getByRole('button', { name: action }).click();
    },
    async menu(name, entry) {
      await row(name).click({ button: 'right' });
      await page.getByRole('menuitem', { name: entry }).click();
    },
    async command(name) {
      await page.keyboard.press('F1');
      await quickInput.getByRole('textbox').fill(`>${name}`);
      await quickInput
        .getByRole('option', { name: new RegExp(name) })
        .first()
        .waitFor();
      await page.keyboard.press('Enter');
    },
    async answer(text) {
      const box = quickInput.getByRole('textbox');
      await box.waitFor();
      if (text !== undefined) await box.fill(text);
      await page.keyboard.press('Enter');
    },
    async choose(label) {
      await quickInput.getByRole('option', { name: label }).first().click();
    },
    async notification(text) {
      const center = page.locator('.notifications-center.visible');
      if ((await center.count()) === 0) await page.locator('[id="status.notifications"]').click();
      const found = center.locator('.notification-list-item').filter({ hasText: text }).first();
      await found.waitFor();
      return found;
    },
    dialog: () => page.locator('.monaco-dialog-box'),
    [Symbol.asyncDispose]: () => context.close(),
  };
  return workbench;
}
