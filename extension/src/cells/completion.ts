import {
  CompletionHandler,
  CompletionProviderManager,
  ICompletionContext,
  ICompletionProvider,
  ICompletionProviderManager
} from '@jupyterlab/completer';
import { canHoldMagics, isInSql } from './magic';
import { kernelState } from './kernel';
import { complete } from '../common/server';

/** Completes SQL cells with what the server knows of the database. */
export class SqlCompletion implements ICompletionProvider {
  readonly identifier = 'civis-nb:sql-completion';
  // Above those of JupyterLab, which have the ranks 500 and 550.
  readonly rank = 900;
  readonly renderer = null;

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    return isSqlContext(context);
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

/** JupyterLab's own sources of names: the kernel's of Python, and the words of the notebook. */
const OF_PYTHON = ['CompletionProvider:kernel', 'CompletionProvider:context'];

/**
 * Keep the names of Python out of SQL cells.
 *
 * A provider can't say that it alone completes a cell, so those of JupyterLab are told
 * that they don't apply there. The class of the manager has `getProviders`, its interface not.
 */
export function keepOutOfSqlCells(manager: ICompletionProviderManager): void {
  const known = (manager as Partial<CompletionProviderManager>).getProviders?.();
  for (const provider of OF_PYTHON.map(name => known?.get(name))) {
    if (provider) {
      const applies = provider.isApplicable.bind(provider);
      provider.isApplicable = async context => !isSqlContext(context) && applies(context);
    }
  }
}

function isSqlContext(context: ICompletionContext): boolean {
  const editor = context.editor;
  return (
    !!editor &&
    canHoldMagics(editor.model.mimeType) &&
    isInSql(editor.model.sharedModel.getSource(), editor.getOffsetAt(editor.getCursorPosition()))
  );
}
