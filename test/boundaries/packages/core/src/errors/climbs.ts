// core-ground-floor
import { select } from '../select/climbs.ts';

export const used = select;
