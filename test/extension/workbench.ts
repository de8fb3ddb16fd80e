import { selectors, type Browser, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { CodeServer } from './code-server.ts';

/** Two shared cores bring the workbench up in eight seconds, or in eighty. */
const firstWaitMs = 240_000;
const waitMs = 30_000;

/** How long something that may have been lost is waited for before it is done again. */
const retryMs = 5_000;
const tries = 4;

type Name = string | RegExp;

/** A row by its name, or, where another may be called so, by the names of the rows that it lies in too, the outer first. */
type Way = Name | readonly [Name, ...Name[]];

// Rows of a tree are siblings in the page, in no order: their attributes tell where they stand, and how deep.
await selectors.register(
  'rows-of',
  `({
    queryAll(row) {
      const number = (one, attribute) => Number(one.getAttribute(attribute));
      const rows = [...row.parentElement.querySelectorAll('[role=treeitem]')];
      const after = rows
        .filter((one) => number(one, 'data-index') > number(row, 'data-index'))
        .sort((a, b) => number(a, 'data-index') - number(b, 'data-index'));
      const end = after.findIndex((one) => number(one, 'aria-level') <= number(row, 'aria-level'));
      return end < 0 ? after : after.slice(0, end);
    },
    query(row) {
      return this.queryAll(row)[0];
    },
  })`,
);

/** The window of an editor, as a person uses it: by roles and labels where there are any. */
export interface Workbench extends AsyncDisposable {
  readonly page: Page;
  /** Every host that the page asked for something. */
  readonly hosts: ReadonlySet<string>;
  /** Opens the Backups container by its icon, where nothing else is about to open it: the icon of an open one closes it. */
  openBackups(): Promise<void>;
  /** Waits until the window knows that its workspace is trusted, which it learns late: before, commands are off. */
  untilTrusted(): Promise<void>;
  /** A row of the side bar, by its accessible name. */
  row(way: Way): Locator;
  /** Waits until a row is there and has the focus, which a view that reveals it gives it a moment later. */
  focused(way: Way): Promise<void>;
  /** The sign that stands behind a row's label; empty where there is none. */
  badge(way: Way): Promise<string>;
  /** Opens rows, each within the one before. */
  expand(...names: readonly [Name, ...Name[]]): Promise<void>;
  /** Runs an action of a row that shows when the mouse is over it. */
  inline(way: Way, action: Name): Promise<void>;
  /** Runs an entry of a row's context menu. */
  menu(way: Way, entry: Name): Promise<void>;
  /** Runs a command by its name in the palette. */
  command(name: string): Promise<void>;
  /**
   * Chooses from the list that asks so, typing first what narrows it. A box is known by its question, since the one
   * before may still be closing.
   */
  pick(question: RegExp, label: Name, typed?: string): Promise<void>;
  /** Ticks one in the list that asks so, and takes that. */
  tick(question: RegExp, label: string): Promise<void>;
  /** Answers the box that asks so, with what it offers when nothing is given. */
  answer(question: RegExp, text?: string): Promise<void>;
  /** Names the file that the dialog with this title asks for, which in a browser is a box for a path. */
  file(title: RegExp, path: string): Promise<void>;
  /** The list or box that asks so, when it is there. */
  question(text: RegExp): Promise<Locator>;
  /** The title of the editor in front. */
  title(): Promise<string>;
  /** The text of an editor, as far as it shows. */
  text(editor?: Locator): Promise<string>;
  /** Both sides of the comparison in front. */
  diff(): { readonly left: Locator; readonly right: Locator };
  /** A notification, in the list that the bell opens: toasts come and go as the editor likes. */
  notification(text: Name): Promise<Locator>;
  dialog(): Locator;
  /** Closes editors, questions and messages. */
  tidy(): Promise<void>;
}

/** Opens the editor's window in a browser of its own profile. */
export async function openWorkbench(browser: Browser, server: CodeServer): Promise<Workbench> {
  // High enough that no view hides rows below its edge: what is not seen is not in the page.
  const context = await browser.newContext({ viewport: { width: 1400, height: 1600 }, colorScheme: 'dark' });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const hosts = new Set<string>();
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') || url.protocol.startsWith('ws')) hosts.add(url.hostname);
  });
  const address = `${server.url}/?${new URLSearchParams({ folder: server.workspace }).toString()}`;
  await page.goto(address, { waitUntil: 'commit', timeout: firstWaitMs });
  const icon = page.locator('.activitybar').getByRole('tab', { name: /^Backups/ });
  await icon.waitFor({ timeout: firstWaitMs });

  const sideBar = page.locator('.part.sidebar');
  const row = (way: Way): Locator => {
    const [outermost, ...inner] = typeof way === 'string' || way instanceof RegExp ? [way] : way;
    const called = (name: Name): Locator => sideBar.getByRole('treeitem', { name });
    return inner.reduce(
      (outer, name) => outer.locator('rows-of=below').and(called(name)).first(),
      called(outermost).first(),
    );
  };
  const quickInput = page.locator('.quick-input-widget');
  const center = page.locator('.notifications-center.visible');

  /** The tooltip of a row lies over the one below it for as long as the mouse is there. */
  const leaveRows = (): Promise<void> => page.mouse.move(900, 10);

  async function question(text: RegExp): Promise<Locator> {
    const asked = quickInput.filter({ visible: true });
    const said = async (): Promise<string> => {
      if ((await asked.count()) === 0) return '';
      const placeholder = await asked.getByRole('textbox').first().getAttribute('placeholder', { timeout: 1_000 });
      return `${placeholder ?? ''}\n${await asked.innerText({ timeout: 1_000 })}`;
    };
    await expect.poll(() => said().catch(() => ''), { timeout: waitMs }).toMatch(text);
    return asked;
  }

  const workbench: Workbench = {
    page,
    hosts,
    async openBackups() {
      if ((await icon.getAttribute('aria-selected')) !== 'true') await icon.click();
      await sideBar.getByRole('button', { name: /^Backups Section/ }).waitFor({ timeout: firstWaitMs });
    },
    async untilTrusted() {
      // The actions of a view show while the mouse is over it.
      await sideBar.getByRole('button', { name: /^Backups Section/ }).hover();
      await sideBar.getByRole('button', { name: 'Create Backup…', disabled: false }).waitFor({ timeout: firstWaitMs });
    },
    row,
    async focused(way) {
      await expect.poll(() => row(way).getAttribute('aria-selected'), { timeout: waitMs }).toBe('true');
    },
    async badge(way) {
      const id = await row(way).getAttribute('id');
      const shown = await page.evaluate<string>(
        `getComputedStyle(document.querySelector('#${id} .monaco-icon-label'), '::after').content`,
      );
      return shown === 'none' ? '' : shown.replaceAll('"', '');
    },
    async expand(first, ...others) {
      for (let depth = 0; depth <= others.length; depth++) {
        const found = row([first, ...others.slice(0, depth)]);
        await found.waitFor();
        if ((await found.getAttribute('aria-expanded')) === 'false') await found.locator('.monaco-tl-twistie').click();
        await expect.poll(() => found.getAttribute('aria-expanded'), { timeout: waitMs }).toBe('true');
      }
    },
    async inline(way, action) {
      await leaveRows();
      await row(way).hover();
      await row(way).getByRole('button', { name: action }).click();
    },
    async menu(way, entry) {
      const item = page.getByRole('menuitem', { name: entry });
      await untilItHolds(async (isFirst) => {
        // A menu stays as it was opened: what the window learns later, as that it is trusted, is in the next one.
        if (!isFirst) await page.keyboard.press('Escape');
        await leaveRows();
        await row(way).click({ button: 'right' });
        await item.waitFor({ timeout: retryMs });
        // A menu is deaf to the mouse for the first 100 ms, so that the click that opens it runs nothing.
        await page.waitForTimeout(200);
        await item.click({ timeout: retryMs });
      });
    },
    async command(name) {
      // Enter runs the row in focus, which for a moment is still that of what was typed before.
      const meant = quickInput.locator('.monaco-list-row.focused', { hasText: name });
      await untilItHolds(async (isFirst) => {
        // A page in the page, as the walkthrough has one, keeps keys to itself.
        if (!isFirst) await page.mouse.click(900, 10);
        await page.keyboard.press('F1');
        await quickInput.getByRole('textbox').fill(`>${name}`, { timeout: retryMs });
        await meant.waitFor({ timeout: retryMs });
      });
      await page.keyboard.press('Enter');
    },
    question,
    async file(title, path) {
      const box = await question(title);
      // Once it has read its folder it overwrites what was typed before.
      await box.getByRole('option', { name: '..', exact: true }).waitFor();
      await box.getByRole('textbox').first().fill(path);
      await box.getByRole('textbox').first().press('Enter');
    },
    async pick(text, label, typed) {
      const box = await question(text);
      if (typed !== undefined) await box.getByRole('textbox').first().fill(typed);
      await box.getByRole('option', { name: label }).first().click();
    },
    async tick(text, label) {
      const box = await question(text);
      await box.locator('.monaco-list-row', { hasText: label }).first().click();
      await box.getByRole('button', { name: 'OK' }).click();
    },
    async answer(text, given) {
      const box = (await question(text)).getByRole('textbox').first();
      if (given !== undefined) await box.fill(given);
      await box.press('Enter');
    },
    title: async () => (await page.locator('.editor-group-container.active .tab.active').textContent()) ?? '',
    async text(editor = page.locator('.editor-instance .view-lines').first()) {
      return (await editor.innerText()).replaceAll('\u00a0', ' ');
    },
    diff() {
      const diff = page.locator('.monaco-diff-editor');
      return {
        left: diff.locator('.editor.original .view-lines').first(),
        right: diff.locator('.editor.modified .view-lines').first(),
      };
    },
    async notification(text) {
      const found = center.locator('.notification-list-item').filter({ hasText: text }).first();
      const isThere = async (): Promise<boolean> => {
        // The list closes by itself when something else takes the focus.
        if ((await center.count()) === 0) {
          await page.locator('[id="status.notifications"]').click();
          // The bell's own tooltip lies over the buttons for as long as the mouse is on it.
          await page.mouse.move(700, 300);
        }
        return (await found.count()) > 0;
      };
      await expect.poll(isThere, { timeout: waitMs, interval: 300 }).toBe(true);
      return found;
    },
    dialog: () => page.locator('.monaco-dialog-box'),
    async tidy() {
      for (const open of [page.locator('.monaco-dialog-box'), quickInput.filter({ visible: true })]) {
        if ((await open.count()) > 0) await page.keyboard.press('Escape');
      }
      await workbench.command('Notifications: Clear All Notifications');
      await workbench.command('View: Close All Editors');
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
  return workbench;
}

/** Menus and boxes close when something else takes the focus, as an editor that is still opening does: then once more. */
async function untilItHolds(attempt: (isFirst: boolean) => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await attempt(tried === 1);
      return;
    } catch (error) {
      if (tried === tries) throw error;
    }
  }
}
