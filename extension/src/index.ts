import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import cells from './cells';
import results from './results';

// One folder for each part; its index has the plugins.
const plugins: JupyterFrontEndPlugin<unknown>[] = [...cells, ...results];

export default plugins;
