import type { IDisposable } from '@lumino/disposable';
import type { EventStream } from '../common/events';
import { ViewModel } from '../common/view_model';
import { askLog, cancelRun, IRunEvent, IRunIds, IStartedRun, startJob } from './api';

let models = 0;

/** The model of the view of a run that the server follows instead of a kernel. */
export class RunModel extends ViewModel implements IDisposable {
  /**
   * @param stream - What tells of the run.
   * @param ids - The run.
   * @param changed - Called when more is known of it, or another run of the job is followed.
   * @param started - Called when the job was started again.
   */
  constructor(
    private readonly stream: EventStream,
    private _ids: IRunIds,
    private readonly changed: () => void,
    private readonly started: (run: IStartedRun) => void
  ) {
    super({
      anchor: '',
      run: { title: `Job ${_ids.job_id}`, state: 'unknown', state_text: 'not read yet', actions: [] },
      picture: [],
      opened: '',
      news_only: true
    });
    this.set('lines', { log: this._log });
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
    return (this.get('run') as { title: string }).title;
  }

  get isDisposed(): boolean {
    return this._subscription.isDisposed;
  }

  dispose(): void {
    this._subscription.dispose();
  }

  protected async answer(kind: string, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    switch (kind) {
      case 'hello':
        return {};
      case 'cancel':
        await cancelRun(this._ids);
        return { text: 'The platform is asked to stop the run.' };
      case 'repeat': {
        const run = await startJob(this._ids.job_id, this._ids.platform);
        this._ids = run;
        this.started(run);
        this._log += 1;
        this._subscription.dispose();
        this._subscription = this._follow();
        return { text: 'It runs again.' };
      }
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
        this.set('run', event.run);
      }
      if (event.lines) {
        this.set('lines', { ...event.lines, log });
      }
      this.changed();
    });
  }

  /** Tells the logs of a job's runs apart, of all models. */
  private _log = (models += 1) * 1_000_000;
  private _problem = '';
  private _subscription: IDisposable;
}
