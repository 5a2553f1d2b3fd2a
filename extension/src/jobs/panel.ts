import { runIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';
import { Again, lastingProblem, mayPass } from '../common/again';
import type { EventStream } from '../common/events';
import { IItemAction, ItemList } from '../common/list';
import { panelButton, panelHeader } from '../common/panel';
import { getJobs, IJob, IJobsEvent, IStartedRun, Scope } from './api';
import { isActive, jobItem, JobItem, olderItem } from './items';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['mine', 'My jobs'],
  ['all', 'All jobs'],
  ['hidden', 'My queries and copies']
];
const TYPING_MS = 300;
/** The lengths of time are written again this often. */
const CLOCK_MS = 5000;

export interface IJobsPanelOptions {
  readonly stream: EventStream;
  /** Return the platform whose jobs are shown. */
  platform(): string;
  /** Return what can be done with a job. */
  actions(job: IJob): IItemAction[];
  /** Open a job: its last run. */
  open(job: IJob): void;
  /** Start a job that is named by the user. */
  run(job: IJob): void;
}

/** The panel with the jobs that run and those that ran last. */
export class JobsPanel extends Widget {
  constructor(private readonly options: IJobsPanelOptions) {
    super();
    this.addClass('civis-Panel');
    this.addClass('civis-Jobs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Jobs of Civis Platform');
    this._scope = document.createElement('select');
    this._scope.className = 'civis-Jobs-scope';
    this._scope.setAttribute('aria-label', 'Jobs shown');
    this._scope.append(...SCOPES.map(([value, label]) => new Option(label, value)));
    this._scope.addEventListener('change', () => this.startAnew());
    this.list = new ItemList<JobItem>({
      label: 'Jobs',
      role: 'listbox',
      placeholder: 'Search name, type or id',
      emptyText: 'No job has run yet.',
      open: ({ value }) => {
        if (value.job) {
          options.open(value.job);
        } else {
          void this._older();
        }
        return true;
      },
      actions: ({ value }) => (value.job ? options.actions(value.job) : []),
      search: text => this._search(text)
    });
    const run = panelButton('Run the selected job', runIcon, () => {
      const job = this.list.active?.value.job;
      if (job) {
        options.run(job);
      }
    });
    const layout = new PanelLayout();
    this.layout = layout;
    layout.addWidget(new Widget({ node: panelHeader('Jobs', this._scope, run) }));
    layout.addWidget(this.list);
  }

  readonly list: ItemList<JobItem>;

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._listen();
  }

  /** Nobody looks at it: nothing is read for it. */
  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._stopListening();
  }

  protected onBeforeDetach(message: Message): void {
    this._stopListening();
    super.onBeforeDetach(message);
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.list.activate();
  }

  /** Show the jobs of another platform: nothing of this one is right any more. */
  startAnew(): void {
    this._recent = null;
    this._streamProblem = '';
    this._started.clear();
    this._forget();
    this.list.forget();
    if (this._subscription) {
      this._listen();
      if (this._text) {
        void this._older();
      }
    }
  }

  /** Show that a job was started: the platform's list tells of it later. */
  showStarted(run: IStartedRun): void {
    this._started.set(run.job_id, run);
    this._show();
  }

  private get scope(): Scope {
    return this._scope.value as Scope;
  }

  private _listen(): void {
    this._stopListening();
    const scope = this.scope;
    this.list.isBusy = this._recent === null;
    this._subscription = this.options.stream.listen<IJobsEvent>(`jobs:${scope}`, event => {
      if (event.jobs) {
        this._recent = event.jobs;
        this.list.isBusy = false;
        this._show();
      } else if (event.problem) {
        this.list.isBusy = false;
      }
      if (event.problem !== this._streamProblem) {
        this._streamProblem = event.problem;
        this._showProblem();
      }
    });
    this._clock = window.setInterval(() => this._show(), CLOCK_MS);
  }

  private _stopListening(): void {
    this._subscription?.dispose();
    this._subscription = null;
    window.clearInterval(this._clock);
    window.clearTimeout(this._typing);
  }

  /** Forget what was found beyond the recent jobs. */
  private _forget(): void {
    this._requests += 1;
    this._others = [];
    this._page = 0;
    this._total = null;
    this._failed = '';
    this._again.end();
    this._showProblem();
  }

  /** Show what the user's own question has failed with, or else what the stream of events has. */
  private _showProblem(): void {
    if (this._failed) {
      this.list.showProblem(this._failed, [{ label: 'Try again', run: () => void this._older() }]);
    } else {
      this.list.showProblem(this._streamProblem);
    }
  }

  /** Look for a text among all jobs of the platform, once the user has stopped typing. */
  private _search(text: string): void {
    window.clearTimeout(this._typing);
    this._text = text.trim();
    this._forget();
    this._show();
    if (this._text) {
      this._typing = window.setTimeout(() => void this._older(), TYPING_MS);
    }
  }

  /** Load the next page of jobs: older ones, or more that were found. */
  private async _older(): Promise<void> {
    const request = this._requests;
    this.list.isBusy = true;
    try {
      // The first page of all jobs is what the stream of events brings.
      const page = Math.max(this._page, this._text ? 0 : 1) + 1;
      const found = await getJobs(this.scope, page, this._text, this.options.platform());
      if (request === this._requests) {
        this._failed = '';
        this._again.end();
        this._showProblem();
        this._page = page;
        this._total = found.total;
        this._isLast = found.jobs.length === 0;
        this._others = [...this._others, ...found.jobs];
        this._show();
      }
    } catch (reason) {
      if (request === this._requests) {
        this._failed = lastingProblem(reason);
        this._showProblem();
        if (mayPass(reason)) {
          this._again.later();
        } else {
          this._again.end();
        }
      }
    } finally {
      this.list.isBusy = false;
    }
  }

  private _show(): void {
    if (this._recent === null && !this._others.length) {
      return; // nothing is known yet
    }
    const recent = this._recent ?? [];
    // The newer answer wins: the stream's.
    const jobs = new Map<number, IJob>([...this._others, ...recent].map(job => [job.id, job]));
    for (const [id, run] of this._started) {
      const job = jobs.get(id);
      if (job && (job.run_id ?? 0) < run.run_id) {
        const { run_id, state, queued_at } = run;
        jobs.set(id, { ...job, run_id, state, queued_at, started_at: null, finished_at: null, error: null });
      } else if (job) {
        this._started.delete(id); // the platform tells of it, or of a later one
      }
    }
    const time = (job: IJob) => job.queued_at ?? '';
    const ordered = [...jobs.values()].sort(
      (a, b) =>
        Number(isActive(b)) - Number(isActive(a)) || time(b).localeCompare(time(a)) || b.id - a.id
    );
    const now_ms = Date.now();
    // The row of a job that is shown as before is left alone.
    const shown = new Map(this.list.items.map(item => [item.key, item]));
    const items = ordered.map(job => {
      const item = jobItem(job, this.scope === 'all', now_ms);
      const before = shown.get(item.key);
      return before && before.hint === item.hint && before.detail === item.detail && before.search === item.search
        ? before
        : item;
    });
    const seen = this._text ? this._others.length : ordered.length;
    const left = this._total === null ? null : this._total - seen;
    const isMore = this._page ? !this._isLast && (left === null || left > 0) : recent.length >= 50;
    if (isMore) {
      items.push({ ...olderItem(left), search: `${this._text} older` });
    }
    this.list.items = items;
  }

  private readonly _scope: HTMLSelectElement;
  /** What the stream of events has brought; null before it has. */
  private _recent: readonly IJob[] | null = null;
  private _others: readonly IJob[] = [];
  /** The runs that were started here and that the platform has not told of. */
  private readonly _started = new Map<number, IStartedRun>();
  private _page = 0;
  private _total: number | null = null;
  private _isLast = false;
  private _requests = 0;
  private _failed = '';
  private readonly _again: Again = new Again(() => void this._older(), () => this.isVisible);
  private _streamProblem = '';
  private _text = '';
  private _subscription: IDisposable | null = null;
  private _clock = 0;
  private _typing = 0;
}
