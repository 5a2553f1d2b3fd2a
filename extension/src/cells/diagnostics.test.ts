import { diagnosticCount } from '@codemirror/lint';
import { EditorState, Text, Transaction } from '@codemirror/state';
import { Signal } from '@lumino/signaling';
import { describe, expect, it, vi } from 'vitest';

// JupyterLab's editor needs a page.
vi.mock('./target', () => ({ viewOf: (cell: { view: unknown }) => cell.view }));
vi.mock('@jupyterlab/codemirror', () => ({ EditorExtensionRegistry: {} }));

const { diagnostic, markErrors, placeIn } = await import('./diagnostics');

const place = { line: 2, column: 9, length: 3, message: 'no such column' };

function marked(text: string, where: Partial<typeof place>): string {
  const doc = Text.of(text.split('\n'));
  const { from, to } = diagnostic(doc, { ...place, ...where });
  return doc.sliceString(from, to);
}

describe('diagnostic', () => {
  it.each([
    ['%%civis_sql\nselect a abc', { column: 10 }, 'abc'],
    // Characters outside of the basic plane are two units each.
    ["%%civis_sql\nselect '\u{1f600}', abc", { column: 13 }, 'abc'],
    // At the end of a line it marks what is before.
    ['%%civis_sql\nselect', { column: 7, length: 0 }, 't'],
    ['%%civis_sql\nselect', { column: 99, length: 5 }, 't'],
    ['%%civis_sql\nselect', { line: 99, column: 1, length: 6 }, 'select'],
    ['', { line: 1, column: 1 }, '']
  ])('of %j at %j marks %j', (text, where, wanted) => expect(marked(text, where)).toBe(wanted));
});

describe('placeIn', () => {
  const reply = (payload: unknown, status = 'error') =>
    placeIn({ status, payload } as unknown as Parameters<typeof placeIn>[0]);
  const sent = { source: 'civis_nb.sql_error', ...place };

  it('is the place that the magic has sent', () => expect(reply([sent])).toEqual(sent));
  it.each([
    ['a success', [sent], 'ok'],
    ['another source', [{ ...sent, source: 'page' }], 'error'],
    ['no payload', undefined, 'error'],
    ['no number', [{ ...sent, line: '2' }], 'error'],
    ['no message', [{ ...sent, message: undefined }], 'error']
  ])('is none in %s', (_, payload, status) => expect(reply(payload, status)).toBeNull());
});

describe('a cell that fails', () => {
  function notebook(source: string) {
    const view = {
      state: EditorState.create({ doc: source }),
      dispatch: (...specs: object[]) => {
        view.state = (view.state.update(...specs) as Transaction).state;
      }
    };
    const sharedModel = { getId: () => 'a', getSource: () => view.state.doc.toString() };
    const run = { msg: { header: { msg_id: 'run' } } };
    const cell = { view, model: { sharedModel }, ready: Promise.resolve(), outputArea: { future: run } };
    const session: any = {};
    session.anyMessage = new Signal<any, any>(session);
    const sessionContext: any = { session };
    sessionContext.sessionChanged = new Signal<any, any>(sessionContext);
    const panel = { content: { widgets: [cell] }, sessionContext };
    const tracker: any = { forEach: (watch: (one: unknown) => void) => watch(panel) };
    tracker.widgetAdded = new Signal<any, any>(tracker);
    markErrors(tracker);
    const send = () =>
      session.anyMessage.emit({
        direction: 'send',
        msg: { header: { msg_type: 'execute_request', msg_id: 'run' }, metadata: { cellId: 'a' } }
      });
    const reply = async () => {
      const payload = [{ source: 'civis_nb.sql_error', ...place }];
      session.anyMessage.emit({
        direction: 'recv',
        msg: {
          header: { msg_type: 'execute_reply' },
          parent_header: { msg_id: 'run' },
          content: { status: 'error', payload }
        }
      });
      await new Promise(resolve => setTimeout(resolve));
    };
    return { view, send, reply };
  }

  it('is marked', async () => {
    const { view, send, reply } = notebook('%%civis_sql\nselect a abc');
    send();
    await reply();
    expect(diagnosticCount(view.state)).toBe(1);
  });

  it('is not marked where it was edited while it ran', async () => {
    const { view, send, reply } = notebook('%%civis_sql\nselect a abc');
    send();
    view.dispatch({ changes: { from: 0, insert: '-- new\n' } });
    await reply();
    expect(diagnosticCount(view.state)).toBe(0);
  });
});
