import { IRowState, rowElement, updateRow } from './row';
import type { IRow } from './rows';

/** The rows that are drawn above and below those in view. */
const OVERSCAN = 8;

/** The rows of a list that can be seen: the only ones that have elements. */
export class RowWindow<T> {
  /**
   * @param box - The element that scrolls.
   * @param id - The beginning of the ids of the rows' elements.
   */
  constructor(
    private readonly box: HTMLElement,
    private readonly id: string
  ) {
    this._space.className = 'civis-List-space';
    this._space.setAttribute('role', 'none');
    box.append(this._space);
  }

  /** Draw what can be seen of rows, in the elements that they have. */
  draw(rows: readonly IRow<T>[], stateOf: (row: IRow<T>) => IRowState): void {
    const height = this.rowHeight;
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - OVERSCAN);
    const last = Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + OVERSCAN;
    this._space.style.height = `${rows.length * height}px`;
    const kept = new Map<string, HTMLElement>();
    for (const [index, row] of rows.slice(first, last).entries()) {
      const element = this._elements.get(row.key) ?? rowElement(`${this.id}-${(this._made += 1)}`);
      updateRow(element, row, stateOf(row));
      element.style.top = `${(first + index) * height}px`;
      kept.set(row.key, element);
    }
    for (const [key, element] of this._elements) {
      if (!kept.has(key)) {
        element.remove();
      }
    }
    let before: Element | null = this._space.firstElementChild;
    for (const element of kept.values()) {
      if (element === before) {
        before = before.nextElementSibling;
      } else {
        this._space.insertBefore(element, before);
      }
    }
    this._elements = kept;
  }

  /** Scroll as far as is needed to see the row at a place. */
  reveal(place: number): void {
    const height = this.rowHeight;
    const top = place * height;
    if (top < this.box.scrollTop) {
      this.box.scrollTop = top;
    } else if (top + height > this.box.scrollTop + this.box.clientHeight) {
      this.box.scrollTop = top + height - this.box.clientHeight;
    }
  }

  /** The rows that are a page, less one. */
  get page(): number {
    return Math.max(1, Math.floor(this.box.clientHeight / this.rowHeight) - 1);
  }

  /** Return the element of a row; undefined where it can't be seen. */
  elementOf(key: string): HTMLElement | undefined {
    return this._elements.get(key);
  }

  /** Return the key of the row that an element is in; undefined for none. */
  keyAt(target: Element): string | undefined {
    const element = target.closest('.civis-Row');
    return [...this._elements].find(([, one]) => one === element)?.[0];
  }

  /** The height of a row, which the theme's font size decides. */
  private get rowHeight(): number {
    const known = this._space.firstElementChild;
    const sample = known ?? this._space.appendChild(rowElement(''));
    const height = sample.getBoundingClientRect().height || 24;
    if (!known) {
      sample.remove();
    }
    return height;
  }

  private readonly _space = document.createElement('div');
  private _elements = new Map<string, HTMLElement>();
  private _made = 0;
}
