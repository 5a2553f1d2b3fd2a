import { expect, it } from 'vitest';
import { visible } from './visible';

it.each([
  ['plain name.csv', 'plain name.csv'],
  ['Zürich 😀 עברית\n', 'Zürich 😀 עברית\n'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
  ['a\u200bb\u0007', 'a\\u200bb\\x07'],
  ['\ud800', '\\ud800']
])('%j is shown as %j', (text, shown) => expect(visible(text)).toBe(shown));
