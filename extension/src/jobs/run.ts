import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { setText } from '../../../civis_nb/widgets/static/common.js';
import runView from '../../../civis_nb/widgets/static/run.js';
import type { EventStream } from '../common/events';
import type { IRunIds, IStartedRun } from './api';
import { jobsIcon } from './icons';
import { RunModel } from './run_model';

/** A tab with a run of a job: its state and its log, as they come. */
export class RunTab extends Widget {
  /**
   * @param stream - What tells of the run.
   * @param ids - The run.
   * @param started - Called when the job was started again from here.
   */
  constructor(stream: EventStream, ids: IRunIds, started: (run: IStartedRun) => void) {
    super();
    this.addClass('civis-RunTab');
    this.title.icon = jobsIcon;
    this.title.closable = true;
    this._model = new RunModel(stream, ids, () => this._changed(), started);
    this._problem = document.createElement('div');
    this._problem.className = 'civis-RunTab-problem';
    this._problem.setAttribute('role', 'alert');
    const place = document.createElement('div');
    place.className = 'civis-RunTab-view';
    this.node.append(this._problem, place);
    this.node.tabIndex = -1;
    this._end = runView.render({ model: this._model, el: place });
    this._changed();
  }

  get ids(): IRunIds {
    return this._model.ids;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._model.dispose();
      this._end();
      super.dispose();
    }
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  private _changed(): void {
    const { job_id, run_id } = this.ids;
    this.title.label = this._model.title;
    this.title.caption = `${this._model.title}\nJob ${job_id}, run ${run_id}`;
    const { problem } = this._model;
    setText(this._problem, problem);
    this._problem.hidden = !problem;
  }

  private readonly _model: RunModel;
  private readonly _problem: HTMLElement;
  private readonly _end: () => void;
}
