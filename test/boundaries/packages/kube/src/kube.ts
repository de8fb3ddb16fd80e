// packages-do-not-know-doors
import { main } from '../../../plugin/src/main.ts';

export const kube = main;
