import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, InputDialog, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import { sizeText } from '../common/amounts';
import { insertCell } from '../common/cells';
import { icon } from '../common/icons';
import type { IItemAction } from '../common/list';
import { PlatformError, problemOf } from '../common/server';
import { IPlatformModel } from '../platform/token';
import type { PlatformModel } from '../platform/model';
import { cancelUpload, forget, IFile, lookUp, upload } from './api';
import { readingCode } from './code';
import { download } from './download';
import { FilesPanel } from './panel';

const CATEGORY = 'Civis Platform';

namespace Ids {
  export const show = 'civis-nb:show-files';
  export const upload = 'civis-nb:upload-files';
}

const filesIcon = icon(
  'files',
  '<path fill-rule="evenodd" d="M4.5 1h5.2L13.5 4.8V12h-9zm1.3 1.3v8.4h6.4V5.5H9V2.3z"/><path d="M2 4h1.3v9.7H11V15H2z"/>'
);

/** Return whether what an upload has failed with is that it was cancelled. */
function isCancel(reason: unknown): boolean {
  return reason instanceof PlatformError && reason.kind === 'OperationCancelledError';
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:files',
  description: 'A panel with files of Civis Platform.',
  autoStart: true,
  optional: [INotebookTracker, ICommandPalette, ILayoutRestorer, IPlatformModel],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    platform: PlatformModel | null
  ) => {
    const { commands, shell } = app;

    const shown = async () => {
      await platform?.ready;
      return platform?.id ?? '';
    };
    const save = (file: IFile) =>
      download(file, reason =>
        Notification.error(`${file.name} was not downloaded: ${reason}`, { autoClose: 10_000 })
      );
    const insert = (file: IFile) => insertCell(shell, notebooks, readingCode(file));
    const uploadOne = async (file: File) => {
      const id = UUID.uuid4();
      const leave = new AbortController();
      let isAsked = false;
      let isOver = false;
      const cancel = async (event: MouseEvent) => {
        event.preventDefault(); // the message stays: it tells the outcome
        if (isOver) {
          return;
        }
        isAsked = true;
        Notification.update({ id: message, message: `Cancelling the upload of ${file.name} …`, actions: [] });
        try {
          if (!(await cancelUpload(id))) {
            leave.abort();
          }
        } catch (reason) {
          isAsked = false;
          if (!isOver) {
            Notification.update({ id: message, ...pending });
            Notification.error(`The upload of ${file.name} was not cancelled: ${problemOf(reason)}`);
          }
        }
      };
      const pending = {
        message: `Uploading ${file.name}, ${sizeText(file.size)} …`,
        actions: [{ label: 'Cancel', callback: (event: MouseEvent) => void cancel(event) }]
      };
      const done = shown()
        .then(platform => upload(file, id, leave.signal, platform))
        .finally(() => (isOver = true))
        .then(found => {
          const what = `file ${found.id}, ${sizeText(found.size ?? 0)}.`;
          return isAsked
            ? `${found.name} was uploaded before that could be cancelled: it is ${what}`
            : `${found.name} is ${what}`;
        });
      const message = Notification.promise(done, {
        pending: {
          message: pending.message,
          options: { autoClose: false, actions: pending.actions }
        },
        success: { message: text => String(text), options: { autoClose: 10_000, actions: [] } },
        error: {
          message: reason =>
            leave.signal.aborted || isCancel(reason)
              ? `The upload of ${file.name} was cancelled.`
              : `${file.name} was not uploaded: ${problemOf(reason)}`,
          options: { autoClose: 10_000, actions: [] }
        }
      });
      await done.catch(() => undefined);
      await panel.showOwn();
    };
    const find = async () => {
      const { value } = await InputDialog.getText({
        title: 'Open a File of Civis Platform',
        label: 'The id of the file',
        okLabel: 'Open',
        pattern: '\\s*\\d+\\s*',
        required: true
      });
      if (!/^\s*\d+\s*$/.test(value ?? '')) {
        return;
      }
      try {
        await lookUp(Number(value), await shown());
        await panel.showOwn();
      } catch (reason) {
        Notification.error(problemOf(reason), { autoClose: 10_000 });
      }
    };
    const forgetOne = async (file: IFile) => {
      await forget(file).catch(reason => Notification.error(problemOf(reason), { autoClose: 10_000 }));
      await panel.showOwn();
    };

    const actions = (file: IFile, isOwn: boolean): IItemAction[] => [
      { label: 'Download', run: () => save(file) },
      { label: 'Insert Code to Read It', isEnabled: !!notebooks, run: () => void insert(file) },
      { label: 'Copy Id', run: () => Clipboard.copyToSystem(String(file.id)) },
      // The API deletes no files: on the platform it stays until it expires.
      ...(isOwn ? [{ label: 'Remove from This List', run: () => void forgetOne(file) }] : [])
    ];

    const panel = new FilesPanel({
      platform: shown,
      actions,
      open: file => void insert(file),
      find: () => void find(),
      // One after the other: the browser has few connections.
      upload: files => void files.reduce((last, file) => last.then(() => uploadOne(file)), Promise.resolve())
    });
    panel.id = 'civis-nb-files';
    panel.title.icon = filesIcon;
    panel.title.caption = 'Files of Civis Platform';
    shell.add(panel, 'left', { rank: 330, type: 'Civis Files' });
    restorer?.add(panel, panel.id);
    platform?.switched.connect((_, what) => {
      if (what === 'platform') {
        panel.startAnew();
      }
    });

    commands.addCommand(Ids.show, {
      label: 'Show Files of Civis Platform',
      execute: () => shell.activateById(panel.id)
    });
    commands.addCommand(Ids.upload, {
      label: 'Upload Files to Civis Platform…',
      execute: () => {
        shell.activateById(panel.id);
        panel.chooseFiles();
      }
    });
    [Ids.show, Ids.upload].forEach(command => palette?.addItem({ command, category: CATEGORY }));
  }
};

export default [plugin];
