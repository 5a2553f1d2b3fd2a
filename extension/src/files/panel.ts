import { addIcon, fileUploadIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';
import { FileSource } from '../common/file_source';
import { IItemAction, ItemList } from '../common/list';
import { panelButton, panelHeader } from '../common/panel';
import type { IFile } from './api';
import { FileItem, fileGroups } from './items';

export interface IFilesPanelOptions {
  /** Return the platform whose files are shown, once it is known. */
  platform(): Promise<string>;
  /** Return what can be done with a file. */
  actions(file: IFile, isOwn: boolean): IItemAction[];
  /** Open a file: Enter or a double click. */
  open(file: IFile): void;
  /** Ask for the id of a file, and open it. */
  find(): void;
  upload(files: readonly File[]): void;
}

/** The panel with files of the platform. */
export class FilesPanel extends Widget {
  constructor(private readonly options: IFilesPanelOptions) {
    super();
    this.addClass('civis-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Files of Civis Platform');
    this.list = new ItemList<FileItem>({
      label: 'Files',
      placeholder: 'Search name or id',
      emptyText: '',
      open: ({ value }) => {
        if (value.file) {
          options.open(value.file);
        }
        return value.file !== null;
      },
      actions: ({ value }) => (value.file ? options.actions(value.file, value.isOwn) : [])
    });
    this._files = new FileSource(this.node, '', files => options.upload(files));
    const header = panelHeader(
      'Files',
      panelButton('Upload files', fileUploadIcon, () => this.chooseFiles()),
      panelButton('Open a file by its id', addIcon, () => options.find()),
      panelButton('Refresh', refreshIcon, () => void this.list.reload()),
      this._files.input
    );
    const layout = new PanelLayout();
    this.layout = layout;
    layout.addWidget(new Widget({ node: header }));
    layout.addWidget(this.list);
  }

  readonly list: ItemList<FileItem>;

  /** Let the user choose files to upload. */
  chooseFiles(): void {
    this._files.choose();
  }

  /** Show a file that was just uploaded or opened. */
  async showOwn(): Promise<void> {
    const own = this.list.items[0];
    if (own) {
      await this.list.open(own);
      await this.list.reload();
    }
  }

  /** Show the files of another platform: nothing of this one is right any more. */
  startAnew(): void {
    this.list.forget();
    if (this.isVisible) {
      this._begin();
    }
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._files.attach();
  }

  protected onBeforeDetach(message: Message): void {
    this._files.detach();
    super.onBeforeDetach(message);
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    // Nothing is asked before somebody looks.
    if (!this.list.items.length) {
      this._begin();
    }
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.list.activate();
  }

  private _begin(): void {
    this.list.items = fileGroups(this.options.platform);
    void this.list.open(this.list.items[0]);
  }

  private readonly _files: FileSource;
}
