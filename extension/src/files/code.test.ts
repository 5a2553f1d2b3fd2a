import { expect, it } from 'vitest';
import { readingCode } from './code';

const file = (name: string) => ({ id: 7, name, size: 1 });

it.each([
  ['a.csv', 'file_to_dataframe(7)'],
  ['a.CSV.gz', 'file_to_dataframe(7)'],
  ['a.json', 'file_to_json(7)'],
  ['a.bin', 'civis_to_file(7, buffer)'],
  ['csv', 'civis_to_file(7, buffer)']
])('reads %s by %s', (name, call) => expect(readingCode(file(name))).toContain(call));

it('keeps names in their comment', () => {
  const lines = readingCode(file('x\nimport os\r\u2028.csv')).split('\n');
  expect(lines.filter(line => line.includes('import os'))).toEqual(['# x_import os__.csv']);
});
