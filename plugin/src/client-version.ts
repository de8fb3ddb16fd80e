import { formatVersion } from '@infrabackup/core';
import manifest from '../package.json' with { type: 'json' };

/** The version of this program, e.g. `0.1.0`. */
export const clientVersion = manifest.version;

/** Where a fault of this program is reported. */
export const reportTo = manifest.bugs;

/** What `version --client` prints. */
export const clientVersionText = `Client Version: v${clientVersion}\nArchive Format: ${formatVersion}\n`;
