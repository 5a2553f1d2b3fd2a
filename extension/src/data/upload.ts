import { Dialog, Notification } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { FormDialog } from '../common/dialog';
import { getDatabases, problemOf } from '../common/server';
import { getSchemas } from './api';
import { selectCell } from './cells';
import { UploadForm } from './form';
import type { ISchemaRef } from './items';
import { IUploadState, Upload } from './uploads';

export interface IUploadOptions {
  /** Return the platform of the page, once it is known. */
  platform(): Promise<string>;
  /** Called when a table has come. */
  done(): Promise<void>;
  /** Insert a cell into the active notebook; null where there are no notebooks. */
  readonly insert: ((source: string) => void) | null;
}

/** Note a failure that leaves nothing for the user to do. */
const warn = (reason: unknown) => console.warn('civis-nb:', reason);

/** Import files one after the other, each when the user has confirmed it. */
export async function uploadFiles(
  files: readonly File[],
  into: ISchemaRef | null,
  options: IUploadOptions
): Promise<void> {
  for (const file of files) {
    const platform = into?.database.platform ?? (await options.platform());
    const dialog = new UploadDialog(file, platform, into, options);
    const { button } = await dialog.launch();
    if (!button.accept && files.length > 1) {
      break;
    }
  }
}

/** The dialog of a file; it stays open until the table is there, or nothing is to come of it. */
class UploadDialog extends FormDialog<void> {
  constructor(
    private readonly file: File,
    private readonly platform: string,
    private readonly into: ISchemaRef | null,
    private readonly options: IUploadOptions
  ) {
    const form = new UploadForm(file.name, (hasHeader, sheet) => void this._detect(hasHeader, sheet));
    super({
      title: `Upload ${file.name} as a table`,
      body: form,
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Import' })],
      hasClose: true
    });
    this.addClass('civis-UploadDialog');
    this._form = form;
    this._upload = new Upload(file, platform);
    form.onDatabase(() => void this._changeDatabase());
    window.addEventListener('pagehide', this);
    void this._prepare();
  }

  /** Begin the import where that is the button; the dialog closes when it is done. */
  resolve(index = 1): void {
    if (index !== 1 || this._isDone) {
      if (!this._isDone) {
        // The copies are removed; what has failed to be removed is so after some hours.
        void this._upload.end().catch(warn);
      }
      super.resolve(index);
    } else if (this._isReady) {
      void this._import();
    }
  }

  dispose(): void {
    window.removeEventListener('pagehide', this);
    super.dispose();
  }

  /** Remove the copy of the file with the page; an import that is under way goes on. */
  handleEvent(event: Event): void {
    if (event.type !== 'pagehide') {
      super.handleEvent(event);
    } else if (!this._isImporting && !this._isDone) {
      void this._upload.end(true).catch(warn);
    }
  }

  /** Close it, for Escape, the button of the title, and clicks outside. */
  reject(): void {
    this.resolve(0);
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // The button that Enter presses can't have the focus before it can be pressed.
    this.node.querySelector<HTMLElement>('.jp-mod-reject')?.focus();
  }

  private async _prepare(): Promise<void> {
    this._setBusy('Asking for the databases …');
    try {
      const { databases, default: first } = await getDatabases(this.platform);
      const chosen = this.into?.database.id ?? first ?? databases[0]?.id ?? null;
      this._form.setDatabases(databases, chosen);
      await this._loadSchemas(this.into?.schema ?? null);
      await this._upload.send(sent =>
        this._setBusy('Sending the file to the Jupyter server …', sent / Math.max(1, this.file.size))
      );
    } catch (reason) {
      this._setProblem(problemOf(reason));
      return;
    }
    if (!this._upload.isEnded) {
      await this._detect(null, '');
    }
  }

  private async _changeDatabase(): Promise<void> {
    this._form.setProblem('');
    await this._loadSchemas(null).catch(reason => this._form.setProblem(problemOf(reason)));
  }

  /** Offer the schemas of the chosen database, unless another one is chosen meanwhile. */
  private async _loadSchemas(chosen: string | null): Promise<void> {
    const { database } = this._form;
    try {
      const schemas = await getSchemas(database);
      if (this._form.database === database) {
        this._form.setSchemas(schemas, chosen);
      }
    } catch (reason) {
      if (this._form.database === database) {
        throw reason;
      }
    }
  }

  private async _detect(hasHeader: boolean | null, sheet: string): Promise<void> {
    this._setBusy('Detecting the columns …');
    try {
      const state = await this._upload.detect(hasHeader, sheet, this._follow('Detecting the columns'));
      if (state.state === 'detected') {
        this._form.setFound(state);
        this._setReady();
        this._form.activate();
      } else {
        this._setProblem(state.problem);
      }
    } catch (reason) {
      this._setProblem(problemOf(reason));
    }
  }

  private async _import(): Promise<void> {
    const wrong = this._form.check();
    if (wrong) {
      this._form.setProblem(wrong);
      return;
    }
    const { value } = this._form;
    const name = `${value.schema}.${value.table}`;
    this._setBusy(`Importing into ${name} …`);
    this._isImporting = true;
    try {
      const state = await this._upload.import(value, this._follow(`Importing into ${name}`));
      if (state.state !== 'done') {
        this._setReady();
        this._form.setProblem(state.problem);
        return;
      }
      this._isDone = true;
      this._notify(state);
    } catch (reason) {
      this._setReady();
      this._form.setProblem(problemOf(reason));
      return;
    } finally {
      this._isImporting = false;
    }
    // The table is there, whatever becomes of this.
    void this._upload.end().catch(warn);
    await this.options.done().catch(warn);
    this.resolve(1);
  }

  private _notify({ table, rows, sql }: IUploadState): void {
    const { insert } = this.options;
    const database = this._form.database;
    const cell = selectCell({ database, sql });
    const counted = `${rows?.toLocaleString()} ${rows === 1 ? 'row' : 'rows'}`;
    // Without their number they are imported even so: it is counted afterwards.
    const outcome = rows === null ? 'is imported' : `has ${counted} now`;
    Notification.success(`${table} ${outcome}.`, {
      autoClose: 10_000,
      actions: insert ? [{ label: 'Insert SELECT cell', callback: () => insert(cell) }] : []
    });
  }

  private _follow(what: string): (state: IUploadState) => void {
    return ({ step, done_bytes: done, total_bytes: total }) =>
      this._setBusy(`${what}: ${step || '…'}`, done !== null && total ? done / total : null);
  }

  private _setBusy(text: string, share: number | null = null): void {
    this._form.setProblem('');
    this._form.setProgress(text, share);
    this._setAccept(false);
  }

  private _setReady(): void {
    this._form.setProgress(null);
    this._setAccept(true);
  }

  private _setProblem(text: string): void {
    this._form.setProgress(null);
    this._form.setProblem(text);
    this._setAccept(false);
  }

  private _setAccept(isReady: boolean): void {
    this._isReady = isReady;
    const button = this.node.querySelector<HTMLButtonElement>('.jp-mod-accept');
    if (button) {
      button.disabled = !isReady;
    }
  }

  private readonly _form: UploadForm;
  private readonly _upload: Upload;
  private _isReady = false;
  private _isDone = false;
  private _isImporting = false;
}
