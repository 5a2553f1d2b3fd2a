import { Dialog } from '@jupyterlab/apputils';
import { Styling } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { sizeText } from '../common/amounts';
import { FormDialog } from '../common/dialog';
import { configLine } from '../common/magic_words';
import { getDatabases, problemOf } from '../common/server';
import type { PlatformModel } from './model';
import { differenceText, ILocalState, IWhere, platformName, whereText } from './where';

/** Return how much a local platform keeps. */
function storedText(bytes: number | null): string {
  return bytes === null ? 'nothing yet' : sizeText(bytes);
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function button(text: string, act: () => unknown): HTMLButtonElement {
  // As JupyterLab's own second buttons: without it JupyterLab 4.2 leaves the browser's background.
  const className = 'jp-Button jp-mod-styled jp-mod-reject';
  const found = element('button', { type: 'button', className }, text);
  found.addEventListener('click', () => void act());
  return found;
}

/** Where the sidebar and the notebook work, with what changes it, and the local platform. */
class PlatformForm extends Widget {
  constructor(private readonly model: PlatformModel) {
    super();
    this.addClass('civis-Form');
    this.addClass('civis-platform-form');
    this.node.tabIndex = -1;
    this._message.setAttribute('role', 'status');
    this.node.append(this._sidebar, this._notebook, this._local, this._message);
    model.changed.connect(this._show, this);
    model.switched.connect(this._load, this);
    this._show();
    void model.refresh();
    void this._load();
  }

  private async _load(): Promise<void> {
    await Promise.all([this._loadDatabases(), this._loadState()]);
  }

  private async _loadDatabases(): Promise<void> {
    const number = (this._loads += 1);
    let names: string[] = [];
    let problem = '';
    try {
      names = (await getDatabases()).databases.map(one => one.name);
    } catch (reason) {
      problem = problemOf(reason);
    }
    if (this.isDisposed || number !== this._loads) {
      return; // of the platform before
    }
    this._databases = names;
    this._show();
    // Without a platform the section of the sidebar says so, and what to do.
    if (problem && this.model.server?.kind !== 'nowhere') {
      this._setMessage(problem);
    }
  }

  private async _loadState(): Promise<void> {
    try {
      this._state = await this.model.localState();
    } catch (reason) {
      this._setMessage(problemOf(reason));
    }
    if (!this.isDisposed) {
      this._show();
    }
  }

  private _show(): void {
    this._showSidebar();
    this._showNotebook();
    this._showLocal();
    if (this.model.problem) {
      this._setMessage(this.model.problem);
    }
  }

  private _setMessage(text: string): void {
    this._message.textContent = text;
  }

  /** Do something that takes a while: a message says what goes on, and nothing else can be started. */
  private async _act(meanwhile: string, afterwards: string, work: () => Promise<boolean>): Promise<void> {
    const name = (document.activeElement as HTMLElement | null)?.dataset.name;
    this._setMessage(meanwhile);
    // Controls that are disabled, or go, would leave the focus to nobody: Escape closes no more.
    this.node.focus();
    this.node.setAttribute('aria-busy', 'true');
    this._isBusy = true;
    this._show();
    const worked = await work();
    this._isBusy = false;
    this.node.removeAttribute('aria-busy');
    this._setMessage(worked ? afterwards : this.model.problem);
    this._show();
    void this._load(); // the local platform may have changed, and the sidebar not
    if (name && document.activeElement === this.node) {
      this.node.querySelector<HTMLElement>(`[data-name="${CSS.escape(name)}"]`)?.focus();
    }
  }

  private _section(section: HTMLElement, title: string, ...children: (Node | string)[]): void {
    // A control that has the focus is made anew: the new one in its place gets it.
    const focused = document.activeElement as HTMLElement | null;
    const name = section.contains(focused) ? focused?.dataset.name : undefined;
    section.replaceChildren(element('h3', {}, title), ...children);
    const controls = section.querySelectorAll<HTMLButtonElement | HTMLSelectElement>('button, select');
    for (const control of Array.from(controls)) {
      control.dataset.name ??= control.textContent ?? '';
      control.disabled ||= this._isBusy;
    }
    if (name) {
      const again = section.querySelector<HTMLElement>(`[data-name="${CSS.escape(name)}"]`);
      (again ?? this.node).focus();
    }
  }

  private _chooser(label: string, where: IWhere, choose: (name: string) => unknown): HTMLElement {
    const names = [...new Set([...this._databases, ...(where.database ? [where.database] : [])])];
    const unset = names.length === 1 ? `not set: ${names[0]}, the only one` : 'not set';
    const none = element('option', { value: '', disabled: true, selected: !where.database }, unset);
    const options = names.map(name =>
      element('option', { value: name, selected: name === where.database }, name)
    );
    const select = element('select', { className: 'jp-mod-styled' }, none, ...options);
    select.dataset.name = label;
    select.addEventListener('change', () => void choose(select.value));
    // A dialog styles what is there when it opens, and what is made later is not.
    const field = this.isAttached ? Styling.wrapSelect(select) : select;
    return element('label', {}, element('span', {}, label), field);
  }

  private _showSidebar(): void {
    const { server } = this.model;
    if (server === null) {
      this._section(this._sidebar, 'Sidebar and completion', element('p', {}, 'Asking the server …'));
      return;
    }
    const back = button('Use the platform of the server’s environment', () =>
      this._act('Changing the platform …', 'The sidebar uses the platform of the server’s environment.', () =>
        this.model.use('environment')
      )
    );
    const database = this._chooser('Database of the sidebar', server, name =>
      this._act('Changing the database …', `The sidebar, and notebooks that start from now on, use ${name}.`, () =>
        this.model.useDatabase(name)
      )
    );
    this._section(
      this._sidebar,
      'Sidebar and completion',
      element('p', {}, `${platformName(server)} ${server.endpoint}`.trim()),
      ...(server.kind === 'nowhere'
        ? [element('p', {}, 'The server has no API key: start a local platform, or set CIVIS_API_KEY and start Jupyter again.')]
        : [database]),
      ...(server.is_chosen ? [back] : [])
    );
  }

  private _showNotebook(): void {
    const { server, notebook, notebookName } = this.model;
    this._notebook.hidden = notebook === null;
    if (notebook === null) {
      return;
    }
    const difference = server ? differenceText(server, notebook) : '';
    const confirmed = (what: string) =>
      `Done in the kernel, until it restarts. To keep it, run in the notebook: ${what}`;
    const choose = (name: string) =>
      this._act('Changing the database …', confirmed(configLine('database', name)), () =>
        this.model.setInNotebook(null, name)
      );
    const backend = server?.kind === 'local' && server.is_chosen ? 'local' : 'platform';
    const same = button('Use what the sidebar uses', () => {
      const lines = [configLine('backend', backend)];
      if (server?.database) {
        lines.push(configLine('database', server.database));
      }
      return this._act('Changing the notebook …', confirmed(lines.join(' and ')), () =>
        this.model.setInNotebook(backend, server?.database ?? null)
      );
    });
    const warning = element('p', { className: 'civis-platform-warning' }, `⚠ ${difference}`);
    this._section(
      this._notebook,
      notebookName,
      element('p', {}, whereText(notebook)),
      ...(notebook.kind === 'nowhere' ? [] : [this._chooser('Database of the notebook', notebook, choose)]),
      ...(difference ? [warning, same] : [])
    );
  }

  private _showLocal(): void {
    const state = this._state;
    if (this._asksReset) {
      return;
    }
    if (state === null) {
      this._section(this._local, 'Local platform', element('p', {}, 'Asking the server …'));
      return;
    }
    const runs = state.running ? `Running at ${state.endpoint} (process ${state.pid})` : 'Not running';
    const start = button(state.running ? 'Use it in the sidebar' : 'Start local platform', () =>
      this._act('Starting the local platform …', 'The sidebar uses the local platform.', () =>
        this.model.use('local')
      )
    );
    const stop = button('Stop', () =>
      this._act('Stopping the local platform …', 'The local platform has stopped; what it keeps stays.', () =>
        this.model.change('stop')
      )
    );
    const reset = button('Reset …', () => {
      this._asksReset = true;
      this._askReset(state);
    });
    const uses = this.model.server?.kind === 'local';
    this._section(
      this._local,
      'Local platform',
      element('p', {}, runs),
      element('p', {}, `Holds ${storedText(state.bytes)} in ${state.folder}`),
      ...(uses ? [] : [start]),
      ...(state.can_stop ? [stop] : []),
      ...(state.bytes !== null && (state.can_stop || !state.running) ? [reset] : [])
    );
  }

  /** Ask in the form: JupyterLab shows a second dialog when the first one is closed. */
  private _askReset(state: ILocalState): void {
    const end = (act: () => unknown) => () => {
      this._asksReset = false;
      this._show();
      return act();
    };
    const question = `All tables, files, jobs and keys in ${state.folder} (${storedText(state.bytes)}) are deleted. This can’t be undone.`;
    const cancel = button('Keep everything', end(() => this._setMessage('Nothing was deleted.')));
    const accept = button(
      'Delete everything',
      end(() =>
        this._act('Deleting …', 'The local platform holds nothing but its samples.', () =>
          this.model.change('reset')
        )
      )
    );
    accept.classList.add('jp-mod-warn');
    const warning = element('p', { className: 'civis-platform-warning' }, question);
    this._section(this._local, 'Reset the local platform?', warning, cancel, accept);
    cancel.focus();
  }

  private _databases: string[] = [];
  private _loads = 0;
  private _state: ILocalState | null = null;
  private _isBusy = false;
  private _asksReset = false;
  private readonly _sidebar = element('section');
  private readonly _notebook = element('section', { hidden: true });
  private readonly _local = element('section');
  private readonly _message = element('p', { className: 'civis-platform-message' });
}

/** Open the dialog in which platform and database are changed. */
export async function openPlatformDialog(model: PlatformModel): Promise<void> {
  const dialog = new FormDialog<void>({
    title: 'Civis: platform and database',
    body: new PlatformForm(model),
    buttons: [Dialog.okButton({ label: 'Close' })]
  });
  await dialog.launch();
}
