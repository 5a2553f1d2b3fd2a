import type { ISessionContext } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { ISignal, Signal } from '@lumino/signaling';
import { isPython, runIn, valuesIn } from '../common/kernel';
import type { EventStream, ITopicEvent } from '../common/events';
import { ask, platformChanged, problemOf } from '../common/server';
import { ASK_KERNEL, ILocalState, IServerWhere, IWhere, whereOfKernel } from './where';

const post = (path: string, body: unknown, platform = '') =>
  ask<IServerWhere>(path, { method: 'POST', body: JSON.stringify(body) }, platform);

/** The id of a platform where there is none to use. */
const NOWHERE = 'nowhere';

interface IPlatformEvent extends ITopicEvent {
  readonly where?: IServerWhere;
}

/** Where the server and the notebook in front work, and how both are changed. */
export class PlatformModel {
  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly stream: EventStream
  ) {
    this.ready = this.refresh().then(() => {
      this._isReady = true;
      stream.platform = this.id;
    });
    // Another page may change it. What is told may be older than what was answered here.
    stream.listen<IPlatformEvent>('platform', ({ where }) => {
      if (where && JSON.stringify(where) !== JSON.stringify(this._server)) {
        void this.refresh();
      }
    });
    platformChanged.connect(() => void this.refresh());
    notebooks.currentChanged.connect(this._follow, this);
    NotebookActions.executed.connect(this._onExecuted, this);
    this._follow();
  }

  /** Fulfilled when the server has said first where it works, or could not. */
  readonly ready: Promise<void>;

  /** What tells the server's platform from others; empty before it has answered. */
  get id(): string {
    return this._server?.id ?? '';
  }

  /** Whether the local platform is to be used, and does not run: it may be started again. */
  get isAway(): boolean {
    return this._server?.kind === 'local' && this.id === NOWHERE;
  }

  /** Emitted when something of it has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the server uses another platform or database: what is shown of it is outdated. */
  get switched(): ISignal<this, 'platform' | 'database'> {
    return this._switched;
  }

  /** Where the server works; null until it has answered. */
  get server(): IServerWhere | null {
    return this._server;
  }

  /** Where the notebook's kernel works; null without a notebook in Python whose kernel was idle. */
  get notebook(): IWhere | null {
    return this._notebook;
  }

  /** The name of the notebook in front; empty without one. */
  get notebookName(): string {
    return this._panel?.context.path.split('/').pop() ?? '';
  }

  /** What went wrong last; empty when nothing did. */
  get problem(): string {
    return this._problem;
  }

  /** Ask the server where it works. */
  async refresh(): Promise<void> {
    const number = (this._questions += 1);
    await this._do(async () => {
      const found = await ask<IServerWhere>('platform');
      // What was asked or done later was answered before.
      if (number > this._answered) {
        this._take(found, number);
      }
    });
  }

  /** Have the server use the local platform, which is started if need be, or its environment's. */
  async use(which: 'local' | 'environment'): Promise<boolean> {
    return this._do(async () => {
      this._take(await post('platform', { use: which }));
    });
  }

  /** Have the server use a database. */
  async useDatabase(name: string): Promise<boolean> {
    return this._do(async () => {
      this._take(await post('platform/database', { name }, this.id));
    });
  }

  /** Return the state of the local platform. */
  localState(): Promise<ILocalState> {
    return ask<ILocalState>('platform/local');
  }

  /** Stop the local platform, or delete all that it keeps. */
  async change(action: 'stop' | 'reset'): Promise<boolean> {
    return this._do(async () => {
      await ask('platform/local', { method: 'POST', body: JSON.stringify({ action }) });
      this._take(await ask<IServerWhere>('platform'));
    });
  }

  /** Set what the notebook's kernel uses, until it restarts; what is null stays. */
  async setInNotebook(backend: 'local' | 'platform' | null, database: string | null): Promise<boolean> {
    const kernel = this._panel?.sessionContext.session?.kernel;
    return this._do(async () => {
      if (!kernel || !(await isPython(kernel))) {
        throw new Error('The notebook has no kernel that runs Python.');
      }
      const set = '__import__("civis_nb.config", fromlist=["set_value"]).set_value';
      const values = { backend, database };
      const lines = Object.entries(values).filter(([, value]) => value !== null);
      await runIn(kernel, lines.map(([name, value]) => `${set}("${name}", ${JSON.stringify(value)})`).join('\n'));
      this._isDue = true; // where it is busy with something else at once, it is asked later
      await this._askKernel();
    });
  }

  /** Take over where the server works; `number` is that of the question, the last one by default. */
  private _take(found: IServerWhere, number = (this._questions += 1)): void {
    const before = this._server;
    this._server = found;
    this._answered = number;
    if (this._isReady) {
      this.stream.platform = found.id;
    }
    if (before === null ? this._isReady : before.id !== found.id) {
      this._switched.emit('platform');
    } else if (before !== null && before.database !== found.database) {
      this._switched.emit('database');
    }
  }

  private async _do(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this._problem = '';
    } catch (reason) {
      this._problem = problemOf(reason);
    }
    this._changed.emit();
    return this._problem === '';
  }

  private _follow(): void {
    this._leave();
    this._panel = this.notebooks.currentWidget;
    const context = this._panel?.sessionContext;
    context?.statusChanged.connect(this._onStatus, this);
    context?.kernelChanged.connect(this._forget, this);
    this._forget();
  }

  private _leave(): void {
    const context = this._panel?.isDisposed ? null : this._panel?.sessionContext;
    context?.statusChanged.disconnect(this._onStatus, this);
    context?.kernelChanged.disconnect(this._forget, this);
    this._panel = null;
  }

  private _onStatus(_context: ISessionContext, status: string): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._forget();
    } else if (status === 'idle' && this._isDue) {
      void this._askKernel();
    }
  }

  /** A cell may have changed the settings. The end of all else that a kernel does is no reason to ask:
   * two pages with the same notebook would answer each other's questions with new ones for ever. */
  private _onExecuted(_: unknown, { notebook }: { notebook: unknown }): void {
    if (notebook === this._panel?.content) {
      this._isDue = true;
      void this._askKernel();
    }
  }

  /** Forget what the kernel said: it is another one, or begins anew. */
  private _forget(): void {
    this._notebook = null;
    this._isDue = true;
    this._changed.emit();
    void this._askKernel();
  }

  private async _askKernel(): Promise<void> {
    const panel = this._panel;
    const kernel = panel?.sessionContext.session?.kernel;
    try {
      const found = await valuesIn(kernel, { where: ASK_KERNEL });
      if (found !== null && panel === this._panel && kernel === panel?.sessionContext.session?.kernel) {
        this._isDue = false;
        this._notebook = whereOfKernel(found.where);
        this._changed.emit();
      }
    } catch (reason) {
      // It ended meanwhile: its status says so, and what is known of it is forgotten.
      console.debug('civis-nb: the kernel gave no answer.', reason);
    }
  }

  private _panel: NotebookPanel | null = null;
  private _server: IServerWhere | null = null;
  private _notebook: IWhere | null = null;
  private _isReady = false;
  private _questions = 0;
  private _answered = 0;
  private _problem = '';
  private _isDue = true;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _switched = new Signal<this, 'platform' | 'database'>(this);
}
