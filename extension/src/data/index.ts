import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification, WidgetTracker } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { insertCell } from '../common/cells';
import { databaseIcon, tableIcon } from '../common/icons';
import type { IItemAction } from '../common/list';
import { IDatabase, problemOf } from '../common/server';
import { IPlatformModel } from '../platform/token';
import type { PlatformModel } from '../platform/model';
import { getPreview, getProfile, ITableIds, scan } from './api';
import { selectCell } from './cells';
import type { DataItem, ITableRef } from './items';
import { DataPanel } from './panel';
import { TableTab } from './table';
import { uploadFiles } from './upload';

const CATEGORY = 'Civis Platform';

namespace Ids {
  export const show = 'civis-nb:show-data';
  export const upload = 'civis-nb:upload-table';
  export const table = 'civis-nb:open-table';
}

/** What a tab shows; kept over a reload of the page. */
interface ITabArgs extends ITableIds {
  readonly [name: string]: string | number | null;
  readonly name: string;
  readonly view: 'preview' | 'profile';
  readonly column: string | null;
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:data',
  description: 'A panel with the databases, tables and columns of Civis Platform.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ICommandPalette, ILayoutRestorer, IPlatformModel],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    platform: PlatformModel | null
  ) => {
    const { commands, shell } = app;
    const tabs = new WidgetTracker<TableTab>({ namespace: 'civis-nb-tables' });
    const argsOf = new Map<TableTab, ITabArgs>();

    const openTab = (args: ITabArgs): TableTab => {
      const isSame = (one: ITabArgs) => JSON.stringify(one) === JSON.stringify(args);
      let tab = [...argsOf].find(([, one]) => isSame(one))?.[0];
      if (!tab) {
        const isPreview = args.view === 'preview';
        tab = new TableTab(
          rendermime,
          signal =>
            isPreview
              ? getPreview(args, signal)
              : getProfile(args, args.column, signal),
          isPreview
            ? `Reading the first rows of ${args.name} …`
            : `The database counts what is in ${args.column ?? args.name} …`
        );
        const made = tab;
        tab.id = `civis-table-${args.view}-${args.database}-${args.table}-${args.column ?? ''}`;
        tab.title.label = isPreview ? args.name : `${args.column ?? args.name}: statistics`;
        tab.title.caption = args.name;
        tab.title.icon = tableIcon;
        argsOf.set(tab, args);
        tab.disposed.connect(() => argsOf.delete(made));
        void tabs.add(tab);
        shell.add(tab, 'main');
        void tab.load();
      }
      shell.activateById(tab.id);
      return tab;
    };
    const open = (table: ITableRef, view: ITabArgs['view'], column: string | null = null) =>
      openTab({
        platform: table.database.platform,
        database: table.database.id,
        table: table.id,
        name: `${table.schema}.${table.name}`,
        view,
        column
      });

    const insert = (source: string) => insertCell(shell, notebooks, source);
    const copy = (name: string): IItemAction => ({
      label: 'Copy Name',
      run: () => Clipboard.copyToSystem(name)
    });

    const actions = (item: DataItem): IItemAction[] => {
      if (item.kind === 'database') {
        return [copy(item.database.name)];
      }
      if (item.kind === 'schema') {
        return [
          { label: 'Upload a File as a Table…', run: () => panel.chooseFiles() },
          { label: 'Scan for New Tables', run: () => void scanned(item.database, item.schema) },
          copy(item.schema)
        ];
      }
      if (item.kind === 'column') {
        const { table, column } = item;
        return [
          { label: 'Statistics', run: () => void open(table, 'profile', column.name) },
          copy(column.sql)
        ];
      }
      const { table } = item;
      return [
        { label: 'Preview', run: () => void open(table, 'preview') },
        { label: 'Statistics of Columns', run: () => void open(table, 'profile') },
        { label: 'Insert SELECT Cell', isEnabled: !!notebooks, run: () => void insert(selectCell(table)) },
        copy(table.sql)
      ];
    };

    const scanned = async (database: IDatabase, schema: string) => {
      const done = scan(database, schema).then(() => null);
      Notification.promise(done, {
        pending: { message: `The platform scans ${schema} …` },
        success: { message: () => `${schema} is scanned.` },
        error: { message: reason => problemOf(reason) }
      });
      await done.catch(() => undefined);
      await panel.refresh();
    };

    const shown = async () => {
      await platform?.ready;
      return platform?.id ?? '';
    };
    const panel = new DataPanel({
      commands,
      platform: shown,
      actions,
      open: item => {
        if (item.kind === 'table') {
          open(item.table, 'preview');
        }
        return item.kind === 'table';
      },
      upload: (files, into) =>
        void uploadFiles(files, into, {
          platform: shown,
          done: () => panel.refresh(),
          insert: notebooks ? source => void insert(source) : null
        })
    });
    panel.id = 'civis-nb-data';
    panel.title.icon = databaseIcon;
    panel.title.caption = 'Data of Civis Platform';
    shell.add(panel, 'left', { rank: 310, type: 'Civis Data' });
    restorer?.add(panel, panel.id);
    platform?.switched.connect((_, what) => {
      if (what === 'platform') {
        panel.startAnew();
        // Their ids mean other tables there.
        tabs.forEach(tab => !platform.isAway && argsOf.get(tab)?.platform !== platform.id && tab.dispose());
      } else {
        void panel.refresh();
      }
    });

    commands.addCommand(Ids.show, {
      label: 'Show Data of Civis Platform',
      execute: () => shell.activateById(panel.id)
    });
    commands.addCommand(Ids.upload, {
      label: 'Upload a File as a Table of Civis Platform…',
      execute: () => {
        shell.activateById(panel.id);
        panel.chooseFiles();
      }
    });
    commands.addCommand(Ids.table, {
      label: 'Open a Table of Civis Platform',
      execute: async args => {
        // A tab of before may be of another platform than that which the server uses now.
        const now = await shown();
        if (!now || args.platform === now) {
          openTab(args as unknown as ITabArgs);
        }
      }
    });
    for (const command of [Ids.show, Ids.upload]) {
      palette?.addItem({ command, category: CATEGORY });
    }
    if (restorer) {
      void restorer.restore(tabs, {
        command: Ids.table,
        args: tab => argsOf.get(tab) ?? {},
        name: tab => tab.id
      });
    }
  }
};

export default [plugin];
