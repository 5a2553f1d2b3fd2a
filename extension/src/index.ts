import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import cells from './cells';
import data from './data';
import files from './files';
import jobs from './jobs';
import platform from './platform';
import results from './results';

// One folder for each part; its index has the plugins.
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  ...cells,
  ...data,
  ...files,
  ...jobs,
  ...platform,
  ...results
];

export default plugins;
