import type { LabIcon } from '@jupyterlab/ui-components';
import { databaseIcon } from '../common/icons';
import { jobsIcon } from '../jobs/icons';

/** A notebook to begin with: its cells. */
export interface ITemplate {
  icon: LabIcon;
  label: string;
  caption: string;
  cells: [kind: 'code' | 'markdown', source: string][];
}

export const TEMPLATES: Record<string, ITemplate> = {
  sql: {
    icon: databaseIcon,
    label: 'Civis SQL notebook',
    caption: 'Create a notebook with a SQL cell for Civis Platform',
    cells: [
      ['code', '%load_ext civis_nb'],
      ['code', '%%civis_sql df\nselect 1 as one']
    ]
  },
  job: {
    icon: jobsIcon,
    label: 'Civis job notebook',
    caption: 'Create a notebook that runs a script as a job of Civis Platform',
    cells: [
      ['code', '%load_ext civis_nb'],
      ['code', '%%civis_run python\nprint("hello from a job")'],
      ['code', '%civis_jobs']
    ]
  }
};

/** Return a notebook's content, in the form of nbformat 4.5. */
export function notebookOf(template: ITemplate, kernel: string, displayName: string): object {
  return {
    cells: template.cells.map(([kind, source], at) => ({
      id: `civis-${at}`,
      cell_type: kind,
      metadata: {},
      source,
      ...(kind === 'code' ? { execution_count: null, outputs: [] } : {})
    })),
    metadata: { kernelspec: { name: kernel, display_name: displayName, language: 'python' } },
    nbformat: 4,
    nbformat_minor: 5
  };
}
