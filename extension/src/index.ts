import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import cells from './cells';

// One folder for each part; its index has the plugins.
const plugins: JupyterFrontEndPlugin<unknown>[] = [...cells];

export default plugins;
