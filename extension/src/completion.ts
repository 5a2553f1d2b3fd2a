import {
  CompletionHandler,
  ICompletionContext,
  ICompletionProvider
} from '@jupyterlab/completer';
import { isSqlCell } from './magic';
import { kernelState } from './kernel';
import { complete } from './server';

/** Completes SQL cells with what the server knows of the database. */
export class SqlCompletion implements ICompletionProvider {
  readonly identifier = 'civis-nb:sql-completion';
  // Above the kernel's, whose names of Python stand behind these.
  readonly rank = 900;
  readonly renderer = null;

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    return isSqlCell(context.editor?.model.sharedModel.getSource() ?? '');
  }

  async fetch(
    request: CompletionHandler.IRequest,
    context: ICompletionContext
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const kernel = await kernelState(context.session);
    const found = await complete({ cell: request.text, offset: request.offset, ...kernel });
    if (found.problem) {
      console.warn(`civis-nb: ${found.problem}`);
    }
    const items = found.items.map(
      (one): CompletionHandler.ICompletionItem => ({
        // A function is shown with its arguments; the panel of documentation is off by default.
        label: one.kind === 'function' ? one.detail : one.label,
        insertText: one.insert || one.label,
        // Of a column its type in SQL; a space would break the line.
        type: (one.kind === 'column' && one.detail.split(' · ')[0].replace(/ /g, '\u00a0')) || one.kind,
        documentation: one.documentation || undefined
      })
    );
    const typed = Array.from(found.typed).length;
    return { start: request.offset - typed, end: request.offset, items };
  }
}
