import { highlightingFor, syntaxTree } from '@codemirror/language';
import { EditorState, Extension, Prec, Range } from '@codemirror/state';
import { Decoration, DecorationSet, EditorView, ViewPlugin, ViewUpdate } from '@codemirror/view';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { highlightTree, Tag, tags } from '@lezer/highlight';
import type { SettingsModel } from '../platform/settings';
import { Dialects, reconsider } from './dialects';
import { sqlParser } from './language';
import { canHoldMagics, ILineMagic, isSqlCell, joinLines, lineMagicOf } from './magic';

/** What has no colour in SQL has none at all, whatever it is in Python. */
const PLAIN = 'civis-sql-plain';

/** Return the editor extension that colours the SQL of `%civis_sql` in cells of Python. */
export function lineMagics(
  dialects: Dialects,
  settings: SettingsModel,
  model: CodeEditor.IModel
): Extension {
  const build = (view: EditorView): DecorationSet =>
    settings.value.sqlColours && canHoldMagics(model.mimeType)
      ? decorations(view, dialects)
      : Decoration.none;
  const plugin = ViewPlugin.define(
    view => ({
      decorations: build(view),
      update(update: ViewUpdate) {
        const asked = update.transactions.some(one => one.effects.some(e => e.is(reconsider)));
        const isParsed = syntaxTree(update.startState) !== syntaxTree(update.state);
        if (update.docChanged || update.viewportChanged || asked || isParsed) {
          this.decorations = build(update.view);
        }
      }
    }),
    { decorations: plugin => plugin.decorations }
  );
  // Its elements are within those of Python's colours, and rule.
  return Prec.highest(plugin);
}

function decorations(view: EditorView, dialects: Dialects): DecorationSet {
  const { state } = view;
  const found: Range<Decoration>[] = [];
  if (isSqlCell(state.doc.sliceString(0, 2000))) {
    return Decoration.none;
  }
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = continuedLine(state, at);
      const magic = lineMagicOf(line.text);
      if (magic !== null && !isInText(state, line.start)) {
        found.push(...marks(state, line.start, line.text, magic, dialects.of(magic.database)));
      }
      at = line.start + line.text.length + 1;
    }
  }
  return Decoration.set(found, true);
}

/** Return the line at a place, with those before and behind that backslashes join to it. */
function continuedLine(state: EditorState, at: number): { start: number; text: string } {
  let first = state.doc.lineAt(at);
  let last = first;
  while (first.number > 1 && state.doc.line(first.number - 1).text.endsWith('\\')) {
    first = state.doc.line(first.number - 1);
  }
  while (last.number < state.doc.lines && last.text.endsWith('\\')) {
    last = state.doc.line(last.number + 1);
  }
  return { start: first.from, text: joinLines(state.doc.sliceString(first.from, last.to)) };
}

/** Return whether a line begins within a text of Python. */
function isInText(state: EditorState, start: number): boolean {
  for (let node = syntaxTree(state).resolveInner(start, 1); node.parent; node = node.parent) {
    if (/String/.test(node.name) && node.from < start) {
      return true;
    }
  }
  return false;
}

function marks(
  state: EditorState,
  start: number,
  text: string,
  magic: ILineMagic,
  dialect: string
): Range<Decoration>[] {
  const found: Range<Decoration>[] = [];
  const mark = (from: number, to: number, name: string | null) => {
    if (to > from) {
      found.push(Decoration.mark({ class: name || PLAIN }).range(start + from, start + to));
    }
  };
  const tagged = (from: number, to: number, tag: Tag) =>
    mark(from, to, highlightingFor(state, [tag]));
  tagged(magic.start, magic.nameEnd, tags.meta);
  const options = text.slice(magic.nameEnd, magic.sqlStart);
  for (const word of options.matchAll(/(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g)) {
    const from = magic.nameEnd + word.index;
    tagged(from, from + word[0].length, word[0].startsWith('-') ? tags.attributeName : tags.string);
  }
  let end = magic.sqlStart;
  const sql = text.slice(magic.sqlStart);
  highlightTree(
    sqlParser(dialect).parse(sql),
    { style: found => highlightingFor(state, found) },
    (from, to, name) => {
      mark(end, magic.sqlStart + from, null);
      end = magic.sqlStart + to;
      mark(magic.sqlStart + from, end, name);
    }
  );
  mark(end, text.length, null);
  return found;
}
