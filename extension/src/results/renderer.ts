import { htmlRendererFactory, IRenderMime } from '@jupyterlab/rendermime';
import { PanelLayout, Widget } from '@lumino/widgets';
import tableView from '../../../civis_nb/widgets/static/table.js';
import { savedTable, TABLE_MIME } from './records';
import { tableModel } from './table_model';

/**
 * Shows a table that was saved: its HTML, as without the extension, and in the place of its rows a
 * view that sorts, filters and scrolls them.
 *
 * The HTML stays on the page: it is what a live view looks for (civis_nb/widgets/static/mount.js),
 * which hides it and this view while there is a kernel that has the table.
 */
export class SavedTableRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('civis-saved');
    this.layout = new PanelLayout();
    this._html = htmlRendererFactory.createRenderer({ ...options, mimeType: 'text/html' });
    (this.layout as PanelLayout).addWidget(this._html);
  }

  /** Show what an output has; without valid data, its HTML alone. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._end();
    const rendered = this._html.renderModel(model);
    // At once where the HTML is there: before a live view looks for it.
    this._show(model.data[TABLE_MIME]);
    await rendered;
    this._show(model.data[TABLE_MIME]);
  }

  dispose(): void {
    this._end();
    super.dispose();
  }

  private _show(data: unknown): void {
    const still = this._html.node.querySelector('table')?.parentElement;
    const table = savedTable(data);
    if (this._ends !== null || table === null || !still || this.isDisposed) {
      return;
    }
    const place = document.createElement('div');
    place.className = 'civis-saved-view';
    place.hidden = still.hidden;
    still.after(place);
    const close = tableView.render({ model: tableModel(table), el: place });
    still.hidden = true;
    this._ends = () => {
      close();
      place.remove();
      still.hidden = false;
    };
  }

  private _end(): void {
    this._ends?.();
    this._ends = null;
  }

  private readonly _html: IRenderMime.IRenderer;
  private _ends: (() => void) | null = null;
}
