import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { TABLE_MIME } from './records';
import { SavedTableRenderer } from './renderer';

/** Before HTML, which has the rank 50; the views of widgets have 0. */
const RANK = 40;

const savedTables: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:saved-tables',
  description: 'Tables of a notebook that is opened again can be sorted, filtered and scrolled.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app: JupyterFrontEnd, registry: IRenderMimeRegistry) => {
    const factory = {
      // Its HTML is sanitised as others' is, and data is put on the page as text.
      safe: true,
      mimeTypes: [TABLE_MIME],
      createRenderer: (options: ConstructorParameters<typeof SavedTableRenderer>[0]) =>
        new SavedTableRenderer(options)
    };
    registry.addFactory(factory, RANK);
  }
};

export default [savedTables];
