import { refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';
import { uploadTableIcon } from '../common/icons';
import { Again, lastingProblem, mayPass } from '../common/again';
import { FileSource } from '../common/file_source';
import { IItemAction, IRemedy, ItemList } from '../common/list';
import { panelButton, panelHeader } from '../common/panel';
import { getDatabases, PlatformError } from '../common/server';
import { DataItem, databaseItem, ISchemaRef } from './items';

/** The command of the status bar's part, where it is there. */
const START_LOCAL = 'civis-nb:start-local-platform';

export interface IDataPanelOptions {
  /** Return the platform whose data are shown, once it is known. */
  platform(): Promise<string>;
  readonly commands: CommandRegistry;
  /** Return what can be done with an item. */
  actions(item: DataItem): IItemAction[];
  /** Open an item: a table's first rows. Returns false for items that hold others alone. */
  open(item: DataItem): boolean;
  /** Import files into a schema; null: the dialog asks for it. */
  upload(files: File[], into: ISchemaRef | null): void;
}

/** The panel with databases, schemas, tables and columns. */
export class DataPanel extends Widget {
  constructor(private readonly options: IDataPanelOptions) {
    super();
    this.addClass('civis-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Data of Civis Platform');
    this.list = new ItemList<DataItem>({
      label: 'Databases, tables and columns',
      placeholder: 'Search tables and columns',
      emptyText: 'There is no database.',
      open: item => options.open(item.value),
      actions: item => options.actions(item.value),
      dragText: item => dragText(item.value)
    });
    this._files = new FileSource(this.node, '.csv,.tsv,.txt,.gz,.parquet,.pq,.xlsx,.xlsm', files => options.upload(files, this.schema));
    const header = panelHeader(
      'Data',
      panelButton('Upload a file as a table', uploadTableIcon, () => this.chooseFiles()),
      panelButton('Refresh', refreshIcon, () => void this.refresh()),
      this._files.input
    );
    const layout = new PanelLayout();
    this.layout = layout;
    layout.addWidget(new Widget({ node: header }));
    layout.addWidget(this.list);
  }

  readonly list: ItemList<DataItem>;

  /** The schema that is active, or that of the active table or column. */
  get schema(): ISchemaRef | null {
    const item = this.list.active?.value;
    if (!item || item.kind === 'database') {
      return null;
    }
    return item.kind === 'schema' ? item : item.table;
  }

  /** Let the user choose files to upload. */
  chooseFiles(): void {
    this._files.choose();
  }

  /** Show the data of another platform: nothing of this one is right any more. */
  startAnew(): void {
    this._loads += 1;
    this._isLoaded = false;
    this._isOutdated = true;
    this.list.forget();
    this.list.isBusy = false;
    this.list.showProblem('');
    this._again.end();
    if (this.isVisible) {
      void this.load(true);
    }
  }

  /** Load all that is open anew. */
  async refresh(): Promise<void> {
    if (await this.load(true)) {
      await this.list.reload();
    }
  }

  /**
   * Load the databases; the tables of the default one are shown at once.
   *
   * @param fresh - Whether the server asks the platform again.
   * @returns Whether they were loaded, and nothing else was asked meanwhile.
   */
  async load(fresh = false): Promise<boolean> {
    const load = (this._loads += 1);
    this.list.isBusy = true;
    try {
      const found = await getDatabases(await this.options.platform(), fresh);
      if (load !== this._loads) {
        return false;
      }
      const items = found.databases.map(databaseItem);
      const isFirst = this.list.items.length === 0;
      this.list.items = items;
      this.list.showProblem('');
      this._again.end();
      this._isLoaded = true;
      this._isOutdated = false;
      const first = items.find(item => item.key === String(found.default));
      if (isFirst && first) {
        await this.list.open(first);
      }
      return true;
    } catch (reason) {
      if (load === this._loads) {
        this._show(reason);
      }
      return false;
    } finally {
      if (load === this._loads) {
        this.list.isBusy = false;
      }
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
    if (!this._isLoaded) {
      void this.load(this._isOutdated);
    } else {
      this._again.now();
    }
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.list.activate();
  }

  private _show(reason: unknown): void {
    const again: IRemedy = { label: 'Try again', run: () => void this.refresh() };
    const remedies = [again];
    const { commands } = this.options;
    const isKey =
      reason instanceof PlatformError && /MissingKey|APIKey|Connection|PlatformEnded|CivisLocal/.test(reason.kind);
    if (isKey && commands.hasCommand(START_LOCAL)) {
      const start = async () => {
        await commands.execute(START_LOCAL);
        await this.refresh();
      };
      remedies.push({ label: 'Start local platform', run: () => void start() });
    }
    this.list.showProblem(lastingProblem(reason), remedies);
    if (mayPass(reason)) {
      this._again.later();
    } else {
      this._again.end();
    }
  }

  private readonly _files: FileSource;
  private readonly _again: Again = new Again(() => void this.refresh(), () => this.isVisible);
  private _isLoaded = false;
  /** Whether the platform was changed since the last load: what the server has kept is not used. */
  private _isOutdated = false;
  private _loads = 0;
}

function dragText(item: DataItem): string | null {
  if (item.kind === 'table') {
    return item.table.sql;
  }
  return item.kind === 'column' ? item.column.sql : null;
}
