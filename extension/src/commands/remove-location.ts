import * as vscode from 'vscode';
import { AppError } from '@infrabackup/core';
import type { Command } from '../app.ts';
import { isNode, pickOne } from '../pick.ts';

/** Forgets a location of the user's; the backups in it stay. */
export const removeLocation: Command = {
  id: 'infrabackup.removeLocation',
  async run(app, node) {
    const name = isNode(node, 'location') ? node.location : await askLocation(app);
    await app.locations.remove(name);
    app.log.info(`removed location ${name}`);
    void vscode.window.showInformationMessage(
      `Location ${name} is no longer looked into. What it holds is still there.`,
    );
  },
};

async function askLocation({ locations }: Parameters<Command['run']>[0]): Promise<string> {
  const removable = (await locations.list()).filter(({ isBuiltIn }) => !isBuiltIn);
  if (removable.length === 0) throw new AppError('LOCATION_UNKNOWN', 'there is no location but the built-in one');
  const items = removable.map(({ name, uri }) => ({ label: name, description: uri }));
  return (await pickOne(items, 'Look no more into which location?')).label;
}
