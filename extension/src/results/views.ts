import { LogStore } from '../../../civis_nb/widgets/static/log.js';
import { logView } from '../../../civis_nb/widgets/static/log_view.js';
import groupView from '../../../civis_nb/widgets/static/run_group.js';
import { root } from '../../../civis_nb/widgets/static/common.js';
import tableView from '../../../civis_nb/widgets/static/table.js';
import { LocalModel } from './model';
import { savedTable, TABLE_MIME } from './records';
import { GROUP_MIME, RUN_MIME, savedGroup, savedLog } from './run_records';
import { tableModel } from './table_model';

/** Shows a view in an element; what it returns ends it. */
type Show = (el: HTMLElement) => () => void;

interface IView {
  /** Return what shows the data; null where the HTML stays. */
  of(data: unknown): Show | null;
  /** Return the part of the HTML whose place the view takes; null where it has none. */
  part(html: HTMLElement): HTMLElement | null;
}

const tableBox = (html: HTMLElement) => html.querySelector('table')?.parentElement ?? null;

function noKernel(): never {
  throw new Error('This is what was saved: run the cell for its live view.');
}

/** The views of what cells keep as data, by its type. */
export const VIEWS: Readonly<Record<string, IView>> = {
  [TABLE_MIME]: {
    of: data => {
      const table = savedTable(data);
      return table && (el => tableView.render({ model: tableModel(table), el }));
    },
    part: tableBox
  },
  // State, times, error and picture are in the HTML: of a run the log alone is more than that.
  [RUN_MIME]: {
    of: data => {
      const log = savedLog(data);
      return (
        log &&
        (el => {
          const frame = root(el, 'civis-run');
          const problem = document.createElement('div');
          problem.className = 'civis-problem';
          problem.setAttribute('role', 'alert');
          const store = new LogStore();
          const first = log.total - log.lines.length;
          store.put(first, log.lines, first, log.total);
          const view = logView({
            store,
            request: async () => noKernel(),
            problem: text => (problem.textContent = text)
          });
          frame.append(view.element, problem);
          view.update();
          return () => view.close();
        })
      );
    },
    part: html => html.querySelector<HTMLElement>('.civis-static-log')?.closest('details') ?? null
  },
  [GROUP_MIME]: {
    of: data => {
      const group = savedGroup(data);
      return group && (el => groupView.render({ model: new LocalModel({ group, saved: true }, noKernel), el }));
    },
    part: tableBox
  }
};
