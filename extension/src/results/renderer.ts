import { htmlRendererFactory, IRenderMime } from '@jupyterlab/rendermime';
import { PanelLayout, Widget } from '@lumino/widgets';
import { VIEWS } from './views';

/** The types of what cells keep as data. */
export const SAVED_TYPES = Object.keys(VIEWS);

/**
 * Shows a result that was saved: its HTML, as without the extension, and in the place of a table or a
 * log in it a view that sorts, filters and searches what was saved.
 *
 * The HTML stays on the page: it is what a live view looks for (civis_nb/widgets/static/mount.js),
 * which hides it and this view while there is a kernel that has the result.
 */
export class SavedRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('civis-saved');
    this.layout = new PanelLayout();
    this._html = htmlRendererFactory.createRenderer({ ...options, mimeType: 'text/html' });
    (this.layout as PanelLayout).addWidget(this._html);
  }

  /** Show what an output has; without valid data, its HTML alone. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._end();
    const { mimeType } = this.options;
    const rendered = this._html.renderModel(model);
    // At once where the HTML is there: before a live view looks for it.
    this._show(model.data[mimeType]);
    await rendered;
    this._show(model.data[mimeType]);
  }

  dispose(): void {
    this._end();
    super.dispose();
  }

  private _show(data: unknown): void {
    const { of, part } = VIEWS[this.options.mimeType];
    const still = part(this._html.node);
    const show = of(data);
    if (this._ends !== null || show === null || still === null || this.isDisposed) {
      return;
    }
    const place = document.createElement('div');
    place.className = 'civis-saved-view';
    place.hidden = still.hidden;
    still.after(place);
    const close = show(place);
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
