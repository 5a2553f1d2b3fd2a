import type { IItemAction } from './menu';
import type { IListItem } from './rows';

export interface IListOptions<T> {
  /** The name of the list, for screen readers. */
  readonly label: string;
  /** The text of the empty search field. */
  readonly placeholder: string;
  /** What is shown where there are no items at all. */
  readonly emptyText: string;
  /** A tree has items in items; a listbox none. */
  readonly role?: 'tree' | 'listbox';
  /** Open an item: Enter or a double click. Where it returns false, its items are shown or hidden. */
  open?(item: IListItem<T>): boolean;
  /** Called with what is searched for, as it is typed: to find more than what is loaded. */
  search?(text: string): void;
  /** Return what can be done with an item: its context menu. */
  actions?(item: IListItem<T>): IItemAction[];
  /** Return the text that is dropped where an item is dragged to; null where it can't be. */
  dragText?(item: IListItem<T>): string | null;
}
