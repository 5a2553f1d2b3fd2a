import { Widget } from '@lumino/widgets';
import type { PlatformModel } from './model';
import { differenceText, whereText } from './where';

/** The item of the status bar: where the sidebar works, and whether the notebook does so, too. */
export class PlatformStatus extends Widget {
  constructor(
    private readonly model: PlatformModel,
    open: () => void
  ) {
    super();
    this.addClass('civis-status');
    this._button.type = 'button';
    this._button.className = 'civis-status-button';
    this._button.addEventListener('click', open);
    this.node.append(this._button);
    model.changed.connect(this._show, this);
    this._show();
  }

  private _show(): void {
    const { server, notebook, problem, notebookName } = this.model;
    const difference = server && notebook ? differenceText(server, notebook) : '';
    const place = server && `${whereText(server)}${this.model.isAway ? ' (not running)' : ''}`;
    const text = `Civis: ${place ?? (problem ? 'no answer' : '…')}`;
    this._button.textContent = difference ? `⚠ ${text} ≠ ${whereText(notebook!)}` : text;
    this._button.classList.toggle('civis-status-differs', difference !== '');
    const words = [
      place ? `Sidebar and completion: ${place}` : problem,
      notebook ? `${notebookName}: ${whereText(notebook)}` : '',
      difference,
      'Click to change'
    ].filter(Boolean);
    this._button.title = words.join('\n');
    this._button.setAttribute('aria-label', `Civis: ${words.join('. ')}`);
  }

  private readonly _button = document.createElement('button');
}
