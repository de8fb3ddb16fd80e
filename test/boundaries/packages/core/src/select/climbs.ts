// core-second-floor
import { backup } from '../backup/backup.ts';

export const select = backup;
