import { Text } from '@codemirror/state';
import { describe, expect, it, vi } from 'vitest';

// JupyterLab's editor needs a page.
vi.mock('./target', () => ({ viewOf: () => null }));
vi.mock('@jupyterlab/codemirror', () => ({ EditorExtensionRegistry: {} }));

const { diagnostic, placeIn } = await import('./diagnostics');

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
