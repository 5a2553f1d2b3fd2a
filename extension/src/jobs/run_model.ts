import type { IDisposable } from '@lumino/disposable';
import type { EventStream } from '../common/events';
import { problemOf } from '../common/server';
import { askLog, cancelRun, IRunEvent, IRunIds, startJob } from './api';

type Listener = (...args: any[]) => void;

let models = 0;

/** What the view of a run needs of a widget's model, by the server instead of a kernel. */
export class RunModel implements IDisposable {
  /**
   * @param stream - What tells of the run.
   * @param ids - The run.
   * @param changed - Called when more is known of it, or another run of the job is followed.
   */
  constructor(
    private readonly stream: EventStream,
    private _ids: IRunIds,
    private readonly changed: () => void
  ) {
    this._traits = {
      anchor: '',
      run: { title: `Job ${_ids.job_id}`, state: 'unknown', state_text: 'not read yet', actions: [] },
      lines: { log: this._log },
      picture: [],
      opened: ''
    };
    this._subscription = this._follow();
  }

  get ids(): IRunIds {
    return this._ids;
  }

  /** Why what is shown is not up to date; empty where it is. */
  get problem(): string {
    return this._problem;
  }

  get title(): string {
    return (this._traits.run as { title: string }).title;
  }

  get isDisposed(): boolean {
    return this._subscription.isDisposed;
  }

  dispose(): void {
    this._subscription.dispose();
  }

  get(name: string): unknown {
    return this._traits[name];
  }

  on(event: string, listener: Listener): void {
    this._listeners.set(event, [...(this._listeners.get(event) ?? []), listener]);
  }

  off(event: string, listener: Listener): void {
    const others = (this._listeners.get(event) ?? []).filter(one => one !== listener);
    this._listeners.set(event, others);
  }

  /** Answer a request of the view, as civis_nb/widgets/base.py does. */
  send({ id, kind, ...request }: { id: string; kind: string }): void {
    this._answer(kind, request).then(
      ({ buffers, ...fields }) => this._emit('msg:custom', { id, ...fields }, buffers ?? []),
      reason => this._emit('msg:custom', { id, error: problemOf(reason) }, [])
    );
  }

  private async _answer(kind: string, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    switch (kind) {
      case 'hello':
        return {};
      case 'cancel':
        await cancelRun(this._ids);
        return { text: 'The platform is asked to stop the run.' };
      case 'repeat':
        this._ids = await startJob(this._ids.job_id);
        this._log += 1;
        this._subscription.dispose();
        this._subscription = this._follow();
        return { text: 'It runs again.' };
      case 'text': {
        const { text } = await askLog(this._ids, kind, request);
        return { buffers: [new TextEncoder().encode(String(text))] };
      }
      default:
        return askLog(this._ids, kind, request);
    }
  }

  private _follow(): IDisposable {
    const { job_id, run_id } = this._ids;
    const log = this._log;
    return this.stream.listen<IRunEvent>(`run:${job_id}:${run_id}`, event => {
      this._problem = event.problem;
      if (event.run) {
        this._set('run', event.run);
      }
      if (event.lines) {
        this._set('lines', { ...event.lines, log });
      }
      this.changed();
    });
  }

  private _set(name: string, value: unknown): void {
    this._traits[name] = value;
    this._emit(`change:${name}`);
  }

  private _emit(event: string, ...args: unknown[]): void {
    for (const listener of this._listeners.get(event) ?? []) {
      listener(...args);
    }
  }

  /** Tells the logs of a job's runs apart, of all models. */
  private _log = (models += 1) * 1_000_000;
  private _problem = '';
  private readonly _traits: Record<string, unknown>;
  private _subscription: IDisposable;
  private readonly _listeners = new Map<string, Listener[]>();
}
