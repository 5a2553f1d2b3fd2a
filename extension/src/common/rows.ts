import type { LabIcon } from '@jupyterlab/ui-components';

/** A state that an item shows, as an icon or colour and always as a word. */
export interface IItemState {
  readonly text: string;
  readonly kind: 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';
}

/** An item of a list or tree. */
export interface IListItem<T> {
  /** Unique in its list; what is open and what is selected is kept by it. */
  readonly key: string;
  readonly label: string;
  readonly value: T;
  /** A word or two beside the label, as a column's type. */
  readonly detail?: string;
  /** The text of its tooltip; the label and the detail by default. */
  readonly hint?: string;
  readonly icon?: LabIcon;
  readonly state?: IItemState;
  /** What the search looks in; the label by default. */
  readonly search?: string;
  /** Its items, or what loads them when it is opened first. */
  readonly children?: readonly IListItem<T>[] | (() => Promise<readonly IListItem<T>[]>);
  /** Whether it is none of what is listed, but a way to more of it: it is not counted. */
  readonly isExtra?: boolean;
  /** What is shown where it has no items. */
  readonly emptyText?: string;
}

/** A row of the list: an item, or a remark in its place. */
export interface IRow<T> {
  readonly key: string;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  /** The item; null for a remark: that items are loaded, are missing, or could not be loaded. */
  readonly item: IListItem<T> | null;
  readonly remark: string;
  /** The item whose items a remark is about. */
  readonly owner: string | null;
  readonly isOpen: boolean;
  readonly isLoading: boolean;
}

interface IBranch<T> {
  items: readonly IListItem<T>[] | null;
  /** The load that is under way; null for none. */
  load: object | null;
  problem: string;
  /** Whether what loading failed with may pass by itself. */
  isPassing: boolean;
}

/** The items of a list: which are open, loaded and found, and the rows that follow from it. */
export class Rows<T> {
  /**
   * @param changed - Called when items that were loaded have arrived, or have not.
   * @param explain - Returns the text of what loading failed with.
   * @param passes - Returns whether that may pass by itself.
   */
  constructor(
    private readonly changed: () => void,
    private readonly explain: (reason: unknown) => string,
    private readonly passes: (reason: unknown) => boolean = () => false
  ) {}

  /** The rows that are shown now. */
  get shown(): readonly IRow<T>[] {
    this._shown ??= this._found(this._items, 1, null, this._words.length === 0);
    return this._shown;
  }

  get items(): readonly IListItem<T>[] {
    return this._items;
  }

  /** Replace the items; those that stay, by their keys, stay open. */
  set items(items: readonly IListItem<T>[]) {
    this._items = items;
    this._shown = null;
  }

  /** Forget the items, those that were loaded within them, and which are open. */
  forget(): void {
    this._items = [];
    this._branches = new Map();
    this._open.clear();
    this._closed.clear();
    this._shown = null;
  }

  /** Show the items alone that have all words of a text, and what they are in. */
  search(text: string): void {
    this._words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this._closed.clear();
    this._shown = null;
  }

  get words(): readonly string[] {
    return this._words;
  }

  /** Open an item, and load its items where they are not known. */
  async open(item: IListItem<T>): Promise<void> {
    this._open.add(item.key);
    this._closed.delete(item.key);
    this._shown = null;
    const branch = this._branches.get(item.key);
    if (!branch?.items && !branch?.load) {
      await this._load(item);
    }
  }

  close(item: IListItem<T>): void {
    this._open.delete(item.key);
    this._closed.add(item.key);
    this._shown = null;
  }

  /** Load the items again of all that are open, and forget those of all that are closed. */
  async reload(): Promise<void> {
    const known = this._branches;
    this._branches = new Map([...known].filter(([key]) => this._open.has(key)));
    this._shown = null;
    const reloadWithin = async (items: readonly IListItem<T>[]): Promise<void> => {
      const open = items.filter(item => this._open.has(item.key));
      await Promise.all(
        open.map(async item => {
          if (await this._load(item)) {
            await reloadWithin(this._childrenOf(item) ?? []);
          }
        })
      );
    };
    await reloadWithin(this._items);
  }

  /** Whether the items of anything that is open could not be loaded, which may pass by itself. */
  get waits(): boolean {
    return this._passing(this._items).length > 0;
  }

  /** Whether the items of anything are being loaded. */
  get isLoading(): boolean {
    return [...this._branches.values()].some(({ load }) => load !== null);
  }

  /** Load the items again that could not be loaded, where that may have passed. */
  async retry(): Promise<void> {
    await Promise.all(this._passing(this._items).map(item => this._load(item)));
  }

  private _passing(items: readonly IListItem<T>[]): IListItem<T>[] {
    return items
      .filter(item => this._open.has(item.key))
      .flatMap(item =>
        this._branches.get(item.key)?.isPassing ? [item] : this._passing(this._childrenOf(item) ?? [])
      );
  }

  /** Load the items of an item; return whether no later load, and no end of the item, came before. */
  private async _load(item: IListItem<T>): Promise<boolean> {
    if (typeof item.children !== 'function') {
      return true;
    }
    const branch = this._branches.get(item.key) ?? { items: null, load: null, problem: '', isPassing: false };
    this._branches.set(item.key, branch);
    const load = (branch.load = {});
    // What was asked earlier may be answered later, or be about what is gone.
    const isLast = () => branch.load === load && this._branches.get(item.key) === branch;
    this._changed();
    let items: readonly IListItem<T>[] | null = null;
    let problem = '';
    let isPassing = false;
    try {
      items = await item.children();
    } catch (reason) {
      problem = this.explain(reason);
      isPassing = this.passes(reason);
    }
    if (!isLast()) {
      return false;
    }
    Object.assign(branch, { items, problem, isPassing, load: null });
    this._changed();
    return true;
  }

  private _changed(): void {
    this._shown = null;
    this.changed();
  }

  /** Return the items of an item; null where they are not loaded. */
  private _childrenOf(item: IListItem<T>): readonly IListItem<T>[] | null {
    return typeof item.children === 'function'
      ? (this._branches.get(item.key)?.items ?? null)
      : (item.children ?? null);
  }

  /** Return whether an item has all words that are searched for. */
  matches(item: IListItem<T>): boolean {
    const text = (item.search ?? item.label).toLowerCase();
    return this._words.every(word => text.includes(word));
  }

  /** Return the rows of items; all of them, or those that are found and what they are in. */
  private _found(
    items: readonly IListItem<T>[],
    level: number,
    owner: string | null,
    all: boolean
  ): IRow<T>[] {
    const blocks: { item: IListItem<T>; inner: IRow<T>[]; isOpen: boolean }[] = [];
    for (const item of items) {
      const matches = all || this.matches(item);
      const children = this._childrenOf(item);
      let inner: IRow<T>[] = [];
      let isOpen = this._open.has(item.key);
      if (!all && children) {
        inner = this._found(children, level + 1, item.key, false);
        if (inner.length) {
          isOpen = !this._closed.has(item.key);
        }
      }
      if (!matches && !inner.length) {
        continue;
      }
      if (isOpen && !inner.length) {
        inner = this._within(item, children, level + 1);
      }
      blocks.push({ item, inner: isOpen ? inner : [], isOpen: isOpen && !!item.children });
    }
    const rows: IRow<T>[] = [];
    for (const [index, { item, inner, isOpen }] of blocks.entries()) {
      rows.push({
        key: item.key,
        level,
        position: index + 1,
        siblings: blocks.length,
        item,
        remark: '',
        owner,
        isOpen,
        isLoading: !!this._branches.get(item.key)?.load
      });
      // Not by spreading: an open item may have more rows than a call takes arguments.
      for (const row of inner) {
        rows.push(row);
      }
    }
    return rows;
  }

  /** Return the rows of an open item's items, or the remark on why there is none. */
  private _within(
    item: IListItem<T>,
    children: readonly IListItem<T>[] | null,
    level: number
  ): IRow<T>[] {
    if (!item.children) {
      return [];
    }
    if (children?.length) {
      return this._found(children, level, item.key, true);
    }
    const problem = this._branches.get(item.key)?.problem;
    const remark = children ? (item.emptyText ?? 'Nothing here') : problem || 'Loading…';
    return [
      {
        key: `${item.key}\u0000remark`,
        level,
        position: 1,
        siblings: 1,
        item: null,
        remark,
        owner: item.key,
        isOpen: false,
        isLoading: false
      }
    ];
  }

  private _items: readonly IListItem<T>[] = [];
  private _shown: IRow<T>[] | null = null;
  private _words: string[] = [];
  private _branches = new Map<string, IBranch<T>>();
  private readonly _open = new Set<string>();
  /** What was closed while something was searched for. */
  private readonly _closed = new Set<string>();
}
