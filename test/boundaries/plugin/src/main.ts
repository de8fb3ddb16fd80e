// doors-do-not-know-each-other
import { activate } from '../../extension/src/extension.ts';

export const main = activate;

import 'vscode';
