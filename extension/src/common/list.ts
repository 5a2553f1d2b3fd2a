import { searchIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Menu, Widget } from '@lumino/widgets';
import { setText } from '../../../civis_nb/widgets/static/common.js';
import { Again, lastingProblem, mayPass } from './again';
import type { IListOptions } from './list_options';
import { openMenu } from './menu';
import { fillProblem, IRemedy, problemElement } from './problem';
import { RowWindow } from './row_window';
import { IListItem, IRow, Rows } from './rows';

export type { IItemAction } from './menu';
export type { IRemedy } from './problem';
export type { IItemState, IListItem } from './rows';

const EVENTS = ['scroll', 'keydown', 'mousedown', 'click', 'dblclick', 'contextmenu', 'dragstart'];
let lists = 0;

/**
 * A list or tree of any length, with a search field.
 *
 * The rows that can be seen are the only elements there are. The focus is on the whole, which
 * names the active row: so rows come and go without losing it.
 */
export class ItemList<T> extends Widget {
  constructor(private readonly options: IListOptions<T>) {
    super();
    this.addClass('civis-List');
    this._id = `civis-list-${(lists += 1)}`;
    this._rows = new Rows<T>(() => this._loaded(), lastingProblem, mayPass);

    this._search = document.createElement('input');
    this._search.type = 'search';
    this._search.className = 'civis-List-search jp-mod-styled';
    this._search.placeholder = options.placeholder;
    this._search.setAttribute('aria-label', options.placeholder);
    this._search.setAttribute('aria-controls', this._id);
    const field = document.createElement('div');
    field.className = 'civis-List-field';
    field.append(searchIcon.element({ tag: 'span', className: 'civis-List-searchIcon' }), this._search);

    this._problem = problemElement();

    this._status = document.createElement('div');
    this._status.className = 'civis-List-status';
    this._status.setAttribute('role', 'status');

    this._tree = document.createElement('div');
    this._tree.className = 'civis-List-rows';
    this._tree.id = this._id;
    this._tree.tabIndex = 0;
    this._tree.setAttribute('role', options.role ?? 'tree');
    this._tree.setAttribute('aria-label', options.label);
    this._window = new RowWindow<T>(this._tree, this._id);
    this.node.append(field, this._problem, this._status, this._tree);
  }

  get items(): readonly IListItem<T>[] {
    return this._rows.items;
  }

  /** Replace the items. What is open, active and searched for stays. */
  set items(items: readonly IListItem<T>[]) {
    this._isKnown = true;
    this._rows.items = items;
    this.update();
  }

  /** Forget the items, and which are open: they are loaded anew. */
  forget(): void {
    this._isKnown = false;
    this._rows.forget();
    this._again.end();
    this.update();
  }

  /** The item that is active; null for none. */
  get active(): IListItem<T> | null {
    return this._rows.shown.find(row => row.key === this._active)?.item ?? null;
  }

  /** Whether the items are being loaded. */
  set isBusy(isBusy: boolean) {
    this._isBusy = isBusy;
    this.update();
  }

  /** Show a problem above the items, with buttons for what helps; nothing for an empty text. */
  showProblem(text: string, remedies: IRemedy[] = []): void {
    fillProblem(this._problem, text, remedies);
  }

  /** Open an item, and load its items. */
  async open(item: IListItem<T>): Promise<void> {
    const opened = this._rows.open(item);
    this.update();
    await opened;
  }

  /** Load the items again of all that are open. */
  async reload(): Promise<void> {
    await this._rows.reload();
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case 'input':
        this._rows.search(this._search.value);
        this.options.search?.(this._search.value);
        this._tree.scrollTop = 0;
        this.update();
        break;
      case 'scroll':
        this.update();
        break;
      case 'keydown':
        this._keyDown(event as KeyboardEvent);
        break;
      default:
        this._mouse(event as MouseEvent);
    }
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._search.addEventListener('input', this);
    this._search.addEventListener('keydown', this);
    for (const type of EVENTS) {
      this._tree.addEventListener(type, this);
    }
    // A sidebar shows and hides its panels without a message to what is within them.
    this._sizes.observe(this._tree);
    this.update();
  }

  protected onBeforeDetach(message: Message): void {
    this._sizes.disconnect();
    this._search.removeEventListener('input', this);
    this._search.removeEventListener('keydown', this);
    for (const type of EVENTS) {
      this._tree.removeEventListener(type, this);
    }
    super.onBeforeDetach(message);
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this._tree.focus();
  }

  protected onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    if (this.isAttached) {
      this._draw();
    }
  }

  dispose(): void {
    this._again.end();
    this._menu?.dispose();
    super.dispose();
  }

  /** Take it that items have come, or have not: those that may come later are asked for again. */
  private _loaded(): void {
    this.update();
    if (!this._rows.waits) {
      this._again.end();
    } else if (!this._rows.isLoading) {
      this._again.later();
    }
  }

  /** Draw the rows that can be seen, in the elements that they have. */
  private _draw(): void {
    const rows = this._rows.shown;
    const place = rows.findIndex(row => row.key === this._active);
    if (place < 0) {
      // The next row is active where the active one is gone.
      this._active = rows[Math.min(Math.max(this._activePlace, 0), rows.length - 1)]?.key ?? null;
    }
    this._activePlace = rows.findIndex(row => row.key === this._active);
    setText(this._status, this._statusText(rows));
    this._tree.setAttribute('aria-busy', String(this._isBusy || rows.some(row => row.isLoading)));

    const { role = 'tree', dragText, actions } = this.options;
    const words = this._rows.words;
    this._window.draw(rows, row => ({
      isOption: role === 'listbox',
      isActive: row.key === this._active,
      hasMenu: !!(row.item && actions?.(row.item).length),
      isDraggable: !!(row.item && dragText?.(row.item)),
      words
    }));
    const active = this._active === null ? undefined : this._window.elementOf(this._active);
    if (active) {
      this._tree.setAttribute('aria-activedescendant', active.id);
    } else {
      this._tree.removeAttribute('aria-activedescendant');
    }
  }

  private _statusText(rows: readonly IRow<T>[]): string {
    if (!this._isKnown) {
      return this._isBusy ? 'Loading…' : '';
    }
    const words = this._rows.words;
    if (words.length) {
      const found = rows.filter(({ item }) => item && !item.isExtra && this._rows.matches(item)).length;
      return found ? `${found.toLocaleString()} found` : 'Nothing found in what is loaded.';
    }
    return rows.length ? '' : this.options.emptyText;
  }

  private _activate(row: IRow<T> | undefined): void {
    if (!row) {
      return;
    }
    this._active = row.key;
    this._activePlace = this._rows.shown.indexOf(row);
    this._window.reveal(this._activePlace);
    this._draw();
  }

  private _toggle(row: IRow<T>): void {
    if (row.item?.children) {
      if (row.isOpen) {
        this._rows.close(row.item);
        this.update();
      } else {
        void this.open(row.item);
      }
    }
  }

  private _owner(row: IRow<T>): IRow<T> | undefined {
    return this._rows.shown.find(one => one.key === row.owner);
  }

  private _keyDown(event: KeyboardEvent): void {
    if (event.currentTarget === this._search) {
      this._keyInSearch(event);
      return;
    }
    const rows = this._rows.shown;
    const row = rows[this._activePlace] as IRow<T> | undefined;
    const { page } = this._window;
    const go = (place: number) => this._activate(rows[Math.min(Math.max(place, 0), rows.length - 1)]);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    const action = row?.item && this.options.actions?.(row.item).find(one => one.key === event.key);
    if (event.key === 'ArrowDown') {
      go(this._activePlace + 1);
    } else if (event.key === 'ArrowUp') {
      go(this._activePlace - 1);
    } else if (event.key === 'Home') {
      go(0);
    } else if (event.key === 'End') {
      go(rows.length - 1);
    } else if (event.key === 'PageDown') {
      go(this._activePlace + page);
    } else if (event.key === 'PageUp') {
      go(this._activePlace - page);
    } else if (event.key === 'ArrowRight' && row?.item?.children) {
      row.isOpen ? go(this._activePlace + 1) : this._toggle(row);
    } else if (event.key === 'ArrowLeft' && row) {
      row.isOpen ? this._toggle(row) : this._activate(this._owner(row));
    } else if (event.key === 'Enter' && row) {
      this._openRow(row);
    } else if (event.key === ' ' && row) {
      this._toggle(row);
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const box = (this._window.elementOf(row?.key ?? '') ?? this._tree).getBoundingClientRect();
      this._openMenu(row, box.left + 24, box.bottom);
    } else if (action && action.isEnabled !== false) {
      action.run();
    } else if (event.key.length === 1 && event.key !== ' ') {
      // What is typed goes to the field, which has the focus before the letter comes.
      this._search.focus();
      return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private _keyInSearch(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      this._tree.focus();
      this._activate(this._rows.shown.find(({ item }) => item && this._rows.matches(item)));
    } else if (event.key === 'Escape') {
      this._search.value = '';
      this._rows.search('');
      this.options.search?.('');
      this._draw();
      this._tree.focus();
      // Among all rows again, it may be far away.
      this._activate(this._rows.shown.find(row => row.key === this._active));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private _openRow(row: IRow<T>): void {
    if (row.item === null) {
      // A remark on what could not be loaded: try it again.
      const owner = this._owner(row)?.item;
      if (owner) {
        void this.open(owner);
      }
    } else if (!this.options.open?.(row.item)) {
      this._toggle(row);
    }
  }

  private _mouse(event: MouseEvent): void {
    const target = event.target as Element;
    const key = this._window.keyAt(target);
    const row = this._rows.shown.find(one => one.key === key);
    if (!row) {
      return;
    }
    const isCaret = !!target.closest('.civis-Row-caret');
    const isMenu = !!target.closest('.civis-Row-menu');
    if (event.type === 'mousedown') {
      this._activate(row);
    } else if (event.type === 'dblclick' && !isCaret && !isMenu) {
      this._openRow(row);
    } else if (event.type === 'click' && isCaret) {
      this._toggle(row);
    } else if (event.type === 'click' && isMenu) {
      this._openMenu(row, event.clientX, event.clientY);
    } else if (event.type === 'contextmenu' && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      this._activate(row);
      this._openMenu(row, event.clientX, event.clientY);
    } else if (event.type === 'dragstart') {
      const text = row.item && this.options.dragText?.(row.item);
      if (text) {
        (event as DragEvent).dataTransfer?.setData('text/plain', text);
      } else {
        event.preventDefault();
      }
    }
  }

  private _openMenu(row: IRow<T> | undefined, x: number, y: number): void {
    const actions = (row?.item && this.options.actions?.(row.item)) ?? [];
    if (!actions.length) {
      return;
    }
    this._menu?.dispose();
    // Before the action runs, which may move the focus on.
    this._menu = openMenu(actions, x, y, () => this._tree.focus());
  }

  private readonly _id: string;
  private readonly _rows: Rows<T>;
  private readonly _search: HTMLInputElement;
  private readonly _problem: HTMLElement;
  private readonly _status: HTMLElement;
  private readonly _tree: HTMLElement;
  private readonly _window: RowWindow<T>;
  private readonly _again: Again = new Again(() => void this._rows.retry(), () => this._tree.clientHeight > 0);
  private _wasSeen = false;
  private readonly _sizes = new ResizeObserver(() => {
    const isSeen = this._tree.clientHeight > 0;
    if (isSeen && !this._wasSeen) {
      this._again.now();
    }
    this._wasSeen = isSeen;
    this.update();
  });
  private _active: string | null = null;
  private _activePlace = 0;
  private _isKnown = false;
  private _isBusy = false;
  private _menu: Menu | null = null;
}
