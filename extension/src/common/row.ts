import { caretDownIcon, caretRightIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import { visible } from '../../../civis_nb/widgets/static/common.js';
import type { IRow } from './rows';

/** How a row is drawn, beside what it shows. */
export interface IRowState {
  isOption: boolean;
  isActive: boolean;
  hasMenu: boolean;
  isDraggable: boolean;
  /** The words that are searched for, in small letters. */
  words: readonly string[];
}

/** A detail of so few characters, such as a time or a size, is never cut. */
const SHORT = 12;

const shownIn = new WeakMap<HTMLElement, { row: IRow<unknown>; words: string }>();

/** Return an empty row. */
export function rowElement(id: string): HTMLElement {
  const element = document.createElement('div');
  element.className = 'civis-Row';
  element.id = id;
  return element;
}

/** Show a row in an element; what has not changed stays as it is. */
export function updateRow<T>(element: HTMLElement, row: IRow<T>, state: IRowState): void {
  const words = state.words.join(' ');
  const before = shownIn.get(element);
  const isSame =
    before?.words === words &&
    before.row.item === row.item &&
    before.row.remark === row.remark &&
    before.row.isOpen === row.isOpen &&
    before.row.isLoading === row.isLoading;
  if (!isSame) {
    fill(element, row, state);
    shownIn.set(element, { row, words });
  }
  element.setAttribute('role', state.isOption ? 'option' : 'treeitem');
  element.setAttribute('aria-setsize', String(row.siblings));
  element.setAttribute('aria-posinset', String(row.position));
  element.setAttribute('aria-selected', String(state.isActive));
  element.classList.toggle('civis-mod-active', state.isActive);
  element.draggable = state.isDraggable;
  if (!state.isOption) {
    element.setAttribute('aria-level', String(row.level));
  }
  if (!state.isOption && row.item?.children) {
    element.setAttribute('aria-expanded', String(row.isOpen));
    element.setAttribute('aria-busy', String(row.isLoading));
  }
}

function fill<T>(element: HTMLElement, row: IRow<T>, state: IRowState): void {
  const { item } = row;
  element.style.setProperty('--civis-level', String(row.level - 1));
  element.classList.toggle('civis-mod-remark', item === null);
  element.replaceChildren();
  if (!state.isOption) {
    const caret = item?.children && (row.isOpen ? caretDownIcon : caretRightIcon);
    element.append(caret ? caret.element({ tag: 'span', className: 'civis-Row-caret' }) : span('civis-Row-caret'));
  }
  if (item === null) {
    element.title = visible(row.remark);
    element.append(span('civis-Row-label', row.remark));
    return;
  }
  element.title = visible(item.hint ?? [item.label, item.detail].filter(Boolean).join(' · '));
  if (item.icon) {
    element.append(item.icon.element({ tag: 'span', className: 'civis-Row-icon' }));
  }
  element.append(marked(visible(item.label), state.words));
  if (item.detail) {
    const detail = span('civis-Row-detail', item.detail);
    detail.classList.toggle('civis-mod-short', item.detail.length <= SHORT);
    element.append(detail);
  }
  if (item.state) {
    element.append(span(`civis-Row-state civis-mod-${item.state.kind}`, item.state.text));
  }
  if (state.hasMenu) {
    const menu = ellipsesIcon.element({ tag: 'span', className: 'civis-Row-menu' });
    // The key for the menu does what this does with the mouse.
    menu.setAttribute('aria-hidden', 'true');
    element.append(menu);
  }
}

function span(className: string, text = ''): HTMLElement {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = visible(text);
  return made;
}

/** Return a label in which the words that are searched for are marked. */
function marked(label: string, words: readonly string[]): HTMLElement {
  const made = span('civis-Row-label');
  const lower = label.toLowerCase();
  // Letters whose small form has another length would shift the marks.
  const places = lower.length === label.length ? words.map(word => [lower.indexOf(word), word.length]) : [];
  let at = 0;
  for (const [from, length] of places.filter(([from]) => from >= 0).sort((a, b) => a[0] - b[0])) {
    if (from >= at) {
      const mark = document.createElement('mark');
      mark.textContent = label.slice(from, from + length);
      made.append(label.slice(at, from), mark);
      at = from + length;
    }
  }
  made.append(label.slice(at));
  return made;
}
