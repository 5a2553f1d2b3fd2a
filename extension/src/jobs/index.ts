import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, Dialog, DOMUtils, ICommandPalette, Notification, showDialog, WidgetTracker } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { insertCell } from '../common/cells';
import { EventStream } from '../common/events';
import type { IItemAction } from '../common/list';
import { problemOf } from '../common/server';
import { ISettingsModel, SettingsModel } from '../platform/settings';
import { IPlatformModel } from '../platform/token';
import type { PlatformModel } from '../platform/model';
import { cancelRun, getJob, IJob, IRunIds, startJob } from './api';
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
  requires: [ISettingsModel],
  optional: [INotebookTracker, ICommandPalette, ILayoutRestorer, IPlatformModel],
  activate: (
    app: JupyterFrontEnd,
    settings: SettingsModel,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    platform: PlatformModel | null
  ) => {
    const { commands, shell } = app;
    const stream = new EventStream();
    settings.follow(({ pollInterval }) => (stream.leastWait_s = pollInterval));
    const tabs = new WidgetTracker<RunTab>({ namespace: 'civis-nb-runs' });

    const openRun = (ids: IRunIds): RunTab => {
      let tab = tabs.find(one => one.ids.job_id === ids.job_id && one.ids.run_id === ids.run_id);
      if (!tab) {
        tab = new RunTab(stream, ids);
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

    const run = async (job: IJob, given?: Record<string, unknown>) => {
      const ids = await reported(startJob(job.id, given));
      if (ids) {
        openRun(ids);
      }
    };
    const runWithArguments = async (job: IJob) => {
      const details = await reported(getJob(job.id));
      if (details && !details.takes_arguments) {
        Notification.info(`${job.name} has no parameters: Run starts it.`, { autoClose: 10_000 });
      } else if (details) {
        const given = await askArguments(details);
        if (given) {
          await run(job, given);
        }
      }
    };
    const cancel = async (job: IJob) => {
      const { button } = await showDialog({
        title: `Cancel ${job.name}?`,
        body: `The platform stops run ${job.run_id} of job ${job.id}. What it has done so far stays.`,
        buttons: [Dialog.cancelButton({ label: 'Let It Run' }), Dialog.warnButton({ label: 'Cancel the Run' })]
      });
      if (button.accept && job.run_id !== null) {
        await reported(cancelRun({ job_id: job.id, run_id: job.run_id }));
      }
    };
    const open = (job: IJob) => {
      if (job.run_id === null) {
        Notification.info(`${job.name} has not run yet, and so it has no log.`, { autoClose: 10_000 });
      } else {
        openRun({ job_id: job.id, run_id: job.run_id });
      }
    };
    const openPage = async (job: IJob) => {
      const details = await reported(getJob(job.id));
      if (details?.page) {
        window.open(details.page, '_blank', 'noopener,noreferrer');
      } else if (details) {
        Notification.info('A local platform has no pages for jobs.', { autoClose: 10_000 });
      }
    };

    const insert = (source: string) => insertCell(shell, notebooks, source);

    const actions = (job: IJob): IItemAction[] => [
      { label: 'Open Log', isEnabled: job.run_id !== null, run: () => open(job) },
      { label: 'Run', isEnabled: !isActive(job), run: () => void run(job) },
      { label: 'Run with Arguments…', run: () => void runWithArguments(job) },
      { label: 'Cancel…', key: 'Delete', isEnabled: isActive(job), run: () => void cancel(job) },
      {
        label: 'Insert %civis_run Cell',
        isEnabled: !!notebooks,
        run: () => void insert(`%civis_run ${job.id}`)
      },
      { label: 'Copy Id', run: () => Clipboard.copyToSystem(String(job.id)) },
      { label: 'Open in Civis Platform', run: () => void openPage(job) }
    ];

    const panel = new JobsPanel({ stream, actions, open, run: job => void run(job) });
    panel.id = 'civis-nb-jobs';
    panel.title.icon = jobsIcon;
    panel.title.caption = 'Jobs of Civis Platform';
    shell.add(panel, 'left', { rank: 320, type: 'Civis Jobs' });
    restorer?.add(panel, panel.id);
    platform?.switched.connect((_, what) => {
      panel.startAnew();
      if (what === 'platform') {
        tabs.forEach(tab => tab.dispose()); // their ids mean other runs there
      }
    });

    commands.addCommand(Ids.show, {
      label: 'Show Jobs of Civis Platform',
      execute: () => shell.activateById(panel.id)
    });
    commands.addCommand(Ids.open, {
      label: 'Open a Run of Civis Platform',
      execute: args => openRun({ job_id: Number(args.job_id), run_id: Number(args.run_id) })
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
