import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { SAVED_TYPES, SavedRenderer } from './renderer';

/** Before HTML, which has the rank 50; the views of widgets have 0. */
const RANK = 40;

const savedResults: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:saved-results',
  description: 'Tables and logs of a notebook that is opened again can be sorted, searched and scrolled.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app: JupyterFrontEnd, registry: IRenderMimeRegistry) => {
    const factory = {
      // Its HTML is sanitised as others' is, and data is put on the page as text.
      safe: true,
      mimeTypes: SAVED_TYPES,
      createRenderer: (options: ConstructorParameters<typeof SavedRenderer>[0]) =>
        new SavedRenderer(options)
    };
    registry.addFactory(factory, RANK);
  }
};

export default [savedResults];
