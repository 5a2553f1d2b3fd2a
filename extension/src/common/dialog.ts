import { Dialog } from '@jupyterlab/apputils';

/** A dialog with a form, in which Enter presses the form's own buttons and begins lines of text. */
export class FormDialog<T> extends Dialog<T> {
  handleEvent(event: Event): void {
    // JupyterLab 4.2 would answer with a button that the dialog does not have, and never close it.
    if (!(event instanceof KeyboardEvent && event.key === 'Enter' && isOfForm(event.target))) {
      super.handleEvent(event);
    }
  }
}

/** Return whether an element has a use of its own for Enter. */
function isOfForm(element: EventTarget | null): boolean {
  return (
    element instanceof HTMLTextAreaElement ||
    (element instanceof HTMLButtonElement && !element.closest('.jp-Dialog-footer'))
  );
}
