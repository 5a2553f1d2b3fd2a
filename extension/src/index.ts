import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import cells from './cells';
import files from './files';
import jobs from './jobs';
import results from './results';

// One folder for each part; its index has the plugins.
const plugins: JupyterFrontEndPlugin<unknown>[] = [...cells, ...files, ...jobs, ...results];

export default plugins;
