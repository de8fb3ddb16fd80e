import type { Verdict } from '@infrabackup/core';
import type { ItemIcon } from './item-view.ts';

/** How a verdict looks and reads. Never by its colour alone. */
export interface VerdictView {
  /** What heads the group of its objects. */
  readonly title: string;
  /** What is said of one object. */
  readonly word: string;
  readonly icon: ItemIcon;
  /** Stands behind the object's name, one or two characters; none: no badge. */
  readonly badge?: string;
}

/** Every verdict, in the order of a preview: what changes first, then what cannot, then what stays. */
export const verdictViews: Readonly<Record<Verdict, VerdictView>> = {
  create: {
    title: 'Will be created',
    word: 'created',
    icon: { id: 'diff-added', colour: 'gitDecoration.addedResourceForeground' },
    badge: '+',
  },
  update: {
    title: 'Will be changed',
    word: 'changed',
    icon: { id: 'diff-modified', colour: 'gitDecoration.modifiedResourceForeground' },
    badge: '~',
  },
  replace: {
    title: 'Will be deleted and created anew',
    word: 'replaced',
    icon: { id: 'diff-renamed', colour: 'gitDecoration.modifiedResourceForeground' },
    badge: '±',
  },
  delete: {
    title: 'Will be deleted',
    word: 'deleted',
    icon: { id: 'diff-removed', colour: 'gitDecoration.deletedResourceForeground' },
    badge: '-',
  },
  conflict: {
    title: 'Cannot be restored',
    word: 'in conflict',
    icon: { id: 'warning', colour: 'list.warningForeground' },
    badge: '!',
  },
  unservable: {
    title: 'Not served by this cluster',
    word: 'not served',
    icon: { id: 'circle-slash', colour: 'list.errorForeground' },
    badge: '!',
  },
  skip: { title: 'Left alone', word: 'left alone', icon: { id: 'debug-step-over' } },
  extra: { title: 'Only live', word: 'only live', icon: { id: 'cloud' } },
  unchanged: { title: 'The same', word: 'unchanged', icon: { id: 'check' } },
};
