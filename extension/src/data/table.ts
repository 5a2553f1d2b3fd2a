import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import { refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Widget, PanelLayout } from '@lumino/widgets';
import { Again, lastingProblem, mayPass } from '../common/again';
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

  /**
   * Ask the server, and show what it answers.
   *
   * @param isAgain - Whether what it has failed with is shown until then.
   */
  async load(isAgain = false): Promise<void> {
    this._request?.abort();
    const request = new AbortController();
    this._request = request;
    const { content } = this;
    const layout = content.layout as PanelLayout;
    content.node.setAttribute('aria-label', this.title.label);
    content.node.setAttribute('aria-busy', 'true');
    if (!isAgain) {
      clear(layout);
      layout.addWidget(messageOf(this.waiting, 'status'));
    }
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
        this._again.end();
        clear(layout);
        layout.addWidget(output);
      }
    } catch (reason) {
      if (!request.signal.aborted && !this.isDisposed) {
        this._showProblem(lastingProblem(reason));
        if (mayPass(reason)) {
          this._again.later();
        } else {
          this._again.end();
        }
      }
    } finally {
      if (!request.signal.aborted) {
        content.node.setAttribute('aria-busy', 'false');
      }
    }
  }

  /** Show what went wrong; the same once more is left alone, as it would be read aloud again. */
  private _showProblem(problem: string): void {
    const layout = this.content.layout as PanelLayout;
    if (layout.widgets[0]?.node.textContent !== problem) {
      const message = messageOf(problem, 'alert');
      message.addClass('civis-mod-problem');
      clear(layout);
      layout.addWidget(message);
    }
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._again.now();
  }

  dispose(): void {
    this._again.end();
    // The server then cancels the query.
    this._request?.abort();
    super.dispose();
  }

  private _request: AbortController | null = null;
  private readonly _again: Again = new Again(() => void this.load(true), () => this.isVisible);
}

/** Return what tells a text in place of a table. */
function messageOf(text: string, role: 'status' | 'alert'): Widget {
  const message = new Widget({ node: document.createElement('div') });
  message.addClass('civis-TableTab-message');
  message.node.setAttribute('role', role);
  message.node.textContent = text;
  return message;
}

function clear(layout: PanelLayout): void {
  for (const widget of [...layout.widgets]) {
    widget.dispose();
  }
}
