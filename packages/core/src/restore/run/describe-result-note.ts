import type { ResultNote } from './object-result.ts';

/** What a person should know of an object that was written, in one line. */
export function describeResultNote(note: ResultNote): string {
  switch (note.kind) {
    case 'status-left':
      return `its status was not restored: ${note.message}`;
    case 'ownership-left':
      return `its fields do not belong to whom they did: ${note.message}`;
    case 'fields-left':
      return note.message;
    case 'server-warning':
      return `the server remarks: ${note.message}`;
    case 'terminating':
      return `it is still terminating${note.finalizers.length === 0 ? '' : `, and waits for ${note.finalizers.join(', ')}`}`;
    case 'appeared':
      return 'it was there when it was to be created';
    case 'not-ready':
      return `${note.waitedFor} did not come in time`;
  }
}
