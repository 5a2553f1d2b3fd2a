import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import { refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';
import { Widget, PanelLayout } from '@lumino/widgets';
import { problemOf } from '../common/server';
import type { IShown } from './api';

/** A tab with what the server shows of a table, in the look of a notebook's output. */
export class TableTab extends MainAreaWidget<Widget> {
  /**
   * @param shown - Asks the server; ends early when the tab is closed.
   * @param waiting - What is said meanwhile.
   */
  constructor(
    private readonly rendermime: IRenderMimeRegistry,
    private readonly shown: (signal: AbortSignal) => Promise<IShown>,
    private readonly waiting: string
  ) {
    const content = new Widget({ node: document.createElement('div') });
    super({ content });
    content.layout = new PanelLayout();
    content.addClass('civis-TableTab');
    content.node.tabIndex = 0;
    content.node.setAttribute('role', 'region');
    const refresh = new ToolbarButton({
      icon: refreshIcon,
      tooltip: 'Ask the database again',
      onClick: () => void this.load()
    });
    this.toolbar.addItem('refresh', refresh);
  }

  /** Ask the server, and show what it answers. */
  async load(): Promise<void> {
    this._request?.abort();
    const request = new AbortController();
    this._request = request;
    const { content } = this;
    const layout = content.layout as PanelLayout;
    content.node.setAttribute('aria-label', this.title.label);
    content.node.setAttribute('aria-busy', 'true');
    const message = new Widget({ node: document.createElement('div') });
    message.addClass('civis-TableTab-message');
    message.node.setAttribute('role', 'status');
    message.node.textContent = this.waiting;
    clear(layout);
    layout.addWidget(message);
    try {
      const { bundle } = await this.shown(request.signal);
      const mime = this.rendermime.preferredMimeType(bundle, 'ensure');
      if (mime === undefined || request.signal.aborted || this.isDisposed) {
        return;
      }
      const output = this.rendermime.createRenderer(mime);
      // It is civis_nb's own HTML, in which all data are escaped.
      await output.renderModel(new MimeModel({ data: bundle, trusted: true }));
      if (!request.signal.aborted && !this.isDisposed) {
        clear(layout);
        layout.addWidget(output);
      }
    } catch (reason) {
      if (!request.signal.aborted) {
        message.node.setAttribute('role', 'alert');
        message.addClass('civis-mod-problem');
        message.node.textContent = problemOf(reason);
      }
    } finally {
      if (!request.signal.aborted) {
        content.node.setAttribute('aria-busy', 'false');
      }
    }
  }

  dispose(): void {
    // The server then cancels the query.
    this._request?.abort();
    super.dispose();
  }

  private _request: AbortController | null = null;
}

function clear(layout: PanelLayout): void {
  for (const widget of [...layout.widgets]) {
    widget.dispose();
  }
}
