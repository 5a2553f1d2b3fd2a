import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, Dialog, DOMUtils, ICommandPalette, Notification, showDialog, WidgetTracker } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { insertCell } from '../common/cells';
import { EventStream, IEventStream } from '../common/events';
import type { IItemAction } from '../common/list';
import { problemOf } from '../common/server';
import { IPlatformModel } from '../platform/token';
import type { PlatformModel } from '../platform/model';
import { cancelRun, getJob, IJob, IRunIds, IStartedRun, startJob } from './api';
import { askArguments } from './form';
import { jobsIcon } from './icons';
import { isActive } from './items';
import { JobsPanel } from './panel';
import { RunTab } from './run';

const CATEGORY = 'Civis Platform';

namespace Ids {
  export const show = 'civis-nb:show-jobs';
  export const open = 'civis-nb:open-run';
}

/** Show what something has failed with. */
async function reported<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (reason) {
    Notification.error(problemOf(reason), { autoClose: 10_000 });
    return null;
  }
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:jobs',
  description: 'A panel with the jobs of Civis Platform, and tabs with their runs.',
  autoStart: true,
  requires: [IEventStream],
  optional: [INotebookTracker, ICommandPalette, ILayoutRestorer, IPlatformModel],
  activate: (
    app: JupyterFrontEnd,
    stream: EventStream,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    platform: PlatformModel | null
  ) => {
    const { commands, shell } = app;
    const shown = () => platform?.id ?? '';
    if (!platform) {
      stream.platform = ''; // whichever the server uses
    }
    const tabs = new WidgetTracker<RunTab>({ namespace: 'civis-nb-runs' });

    /** Show that a run was started, before the platform's list of jobs tells of it. */
    const started = (run: IStartedRun) => {
      if (run.platform === shown()) {
        panel.showStarted(run);
      }
    };
    const openRun = (ids: IRunIds): RunTab => {
      const isSame = (one: IRunIds) => one.job_id === ids.job_id && one.run_id === ids.run_id;
      let tab = tabs.find(one => isSame(one.ids) && one.ids.platform === ids.platform);
      if (!tab) {
        tab = new RunTab(stream, ids, started);
        const made = tab;
        tab.id = DOMUtils.createDomID(); // it may go on to show the next run of the job
        // The title has the run: another one is to be kept over a reload of the page.
        tab.title.changed.connect(() => void tabs.save(made));
        void tabs.add(tab);
        shell.add(tab, 'main');
      }
      shell.activateById(tab.id);
      return tab;
    };

    const run = async (job: IJob, on: string, given?: Record<string, unknown>) => {
      const ids = await reported(startJob(job.id, on, given));
      if (ids) {
        started(ids);
        openRun(ids);
      }
    };
    const runWithArguments = async (job: IJob, on: string) => {
      const details = await reported(getJob(job.id, on));
      if (details && !details.takes_arguments) {
        Notification.info(`${job.name} has no parameters: Run starts it.`, { autoClose: 10_000 });
      } else if (details) {
        const given = await askArguments(details);
        if (given) {
          await run(job, on, given);
        }
      }
    };
    const cancel = async (job: IJob, on: string) => {
      const { button } = await showDialog({
        title: `Cancel ${job.name}?`,
        body: `The platform stops run ${job.run_id} of job ${job.id}. What it has done so far stays.`,
        buttons: [Dialog.cancelButton({ label: 'Let It Run' }), Dialog.warnButton({ label: 'Cancel the Run' })]
      });
      if (button.accept && job.run_id !== null) {
        await reported(cancelRun({ job_id: job.id, run_id: job.run_id, platform: on }));
      }
    };
    const open = (job: IJob, on = shown()) => {
      if (job.run_id === null) {
        Notification.info(`${job.name} has not run yet, and so it has no log.`, { autoClose: 10_000 });
      } else {
        openRun({ job_id: job.id, run_id: job.run_id, platform: on });
      }
    };
    const openPage = async (job: IJob, on: string) => {
      const details = await reported(getJob(job.id, on));
      if (details?.page) {
        window.open(details.page, '_blank', 'noopener,noreferrer');
      } else if (details) {
        Notification.info('A local platform has no pages for jobs.', { autoClose: 10_000 });
      }
    };

    const insert = (source: string) => insertCell(shell, notebooks, source);

    // What is chosen is done on the platform of now, or not at all.
    const actions = (job: IJob, on = shown()): IItemAction[] => [
      { label: 'Open Log', isEnabled: job.run_id !== null, run: () => open(job, on) },
      { label: 'Run', isEnabled: !isActive(job), run: () => void run(job, on) },
      { label: 'Run with Arguments…', run: () => void runWithArguments(job, on) },
      { label: 'Cancel…', key: 'Delete', isEnabled: isActive(job), run: () => void cancel(job, on) },
      {
        label: 'Insert %civis_run Cell',
        isEnabled: !!notebooks,
        run: () => void insert(`%civis_run ${job.id}`)
      },
      { label: 'Copy Id', run: () => Clipboard.copyToSystem(String(job.id)) },
      { label: 'Open in Civis Platform', run: () => void openPage(job, on) }
    ];

    const panel = new JobsPanel({
      stream,
      platform: shown,
      actions: job => actions(job),
      open: job => open(job),
      run: job => void run(job, shown())
    });
    panel.id = 'civis-nb-jobs';
    panel.title.icon = jobsIcon;
    panel.title.caption = 'Jobs of Civis Platform';
    shell.add(panel, 'left', { rank: 320, type: 'Civis Jobs' });
    restorer?.add(panel, panel.id);
    platform?.switched.connect((_, what) => {
      panel.startAnew();
      if (what === 'platform') {
        // Their ids mean other runs there.
        tabs.forEach(tab => !platform.isAway && tab.ids.platform !== shown() && tab.dispose());
      }
    });

    commands.addCommand(Ids.show, {
      label: 'Show Jobs of Civis Platform',
      execute: () => shell.activateById(panel.id)
    });
    commands.addCommand(Ids.open, {
      label: 'Open a Run of Civis Platform',
      execute: async args => {
        // A tab of before may be of another platform than that which the server uses now.
        await platform?.ready;
        const on = String(args.platform || shown());
        if (!shown() || on === shown()) {
          openRun({ job_id: Number(args.job_id), run_id: Number(args.run_id), platform: on });
        }
      }
    });
    palette?.addItem({ command: Ids.show, category: CATEGORY });
    if (restorer) {
      void restorer.restore(tabs, {
        command: Ids.open,
        args: tab => ({ ...tab.ids }),
        name: tab => `${tab.ids.job_id}-${tab.ids.run_id}`
      });
    }
  }
};

export default [plugin];
