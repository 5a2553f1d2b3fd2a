import {
  CompletionHandler,
  CompletionProviderManager,
  ICompletionContext,
  ICompletionProvider,
  ICompletionProviderManager
} from '@jupyterlab/completer';
import { canHoldMagics, isInSql } from './magic';
import { kernelState } from './kernel';
import { complete, IProposal } from '../common/server';
import type { SettingsModel } from '../platform/settings';

/** Completes SQL cells with what the server knows of the database. */
export class SqlCompletion implements ICompletionProvider {
  readonly identifier = 'civis-nb:sql-completion';
  // Above those of JupyterLab, which have the ranks 500 and 550.
  readonly rank = 900;
  readonly renderer = null;

  constructor(private readonly _settings: SettingsModel) {}

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    return this._settings.value.sqlCompletion && isSqlContext(context);
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
    const typed = Array.from(found.typed).length;
    return {
      start: request.offset - typed,
      end: request.offset + (isClosedBehind(found.typed, request) ? 1 : 0),
      items: found.items.map(one => itemOf(one, found.typed))
    };
  }
}

/** Return a proposal as JupyterLab's list shows it. */
function itemOf(one: IProposal, typed: string): CompletionHandler.ICompletionItem {
  return {
    label: labelOf(one, typed),
    insertText: one.insert || one.label,
    // Of a column its type in SQL; a space would break the line.
    type: (one.kind === 'column' && one.detail.split(' · ')[0].replace(/ /g, '\u00a0')) || one.kind,
    documentation: one.documentation || undefined
  };
}

/** Return what the list shows. JupyterLab compares it with what is typed, and its quote. */
function labelOf(one: IProposal, typed: string): string {
  if (/^["']/.test(typed) && one.insert) {
    return one.insert;
  }
  // A function is shown with its arguments; the panel of documentation is off by default.
  return one.kind === 'function' ? one.detail : one.label;
}

/** Return whether the quote that is typed has its other half behind the cursor, as the editor adds it. */
function isClosedBehind(typed: string, request: CompletionHandler.IRequest): boolean {
  const behind = Array.from(request.text)[request.offset];
  return /^["']/.test(typed) && behind === typed[0];
}

/** JupyterLab's own sources of names: the kernel's of Python, and the words of the notebook. */
const OF_PYTHON = ['CompletionProvider:kernel', 'CompletionProvider:context'];

/**
 * Keep the names of Python out of the cells that are completed as SQL.
 *
 * A provider can't say that it alone completes a cell, so those of JupyterLab are told
 * that they don't apply there. The class of the manager has `getProviders`, its interface not.
 */
export function keepOutOf(sql: SqlCompletion, manager: ICompletionProviderManager): void {
  const known = (manager as Partial<CompletionProviderManager>).getProviders?.();
  for (const provider of OF_PYTHON.map(name => known?.get(name))) {
    if (provider) {
      const applies = provider.isApplicable.bind(provider);
      provider.isApplicable = async context => !(await sql.isApplicable(context)) && applies(context);
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
