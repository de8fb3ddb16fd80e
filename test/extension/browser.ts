import { chromium, type Browser } from 'playwright-core';
import type { Editor } from './provision-editor.ts';

/** A headless browser that talks to nobody by itself. */
export async function launchBrowser({ chromium: executablePath }: Editor): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
