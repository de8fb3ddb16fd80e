import manifest from '../package.json' with { type: 'json' };

/** The version of this program, e.g. `0.1.0`. */
export const clientVersion = manifest.version;

/** Where a fault of this program is reported. */
export const reportTo = manifest.bugs;

/** The `major.minor` of docs/format.md that this program writes. */
export const archiveFormat = '1.0';

/** What `version --client` prints. */
export const clientVersionText = `Client Version: v${clientVersion}\nArchive Format: ${archiveFormat}\n`;
