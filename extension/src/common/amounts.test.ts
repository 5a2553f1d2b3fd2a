import { expect, it } from 'vitest';
import { sizeText, timeText } from './amounts';

it.each([
  [-3, '0 s'],
  [8.8, '9 s'],
  [42, '42 s'],
  [119, '2 min'],
  [600, '10 min'],
  [7200, '2 h'],
  [864_000, '10 d']
])('writes %d seconds as %s', (seconds, text) => expect(timeText(seconds)).toBe(text));

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [123_456_789, '123 MB'],
  [2.5e9, '2.5 GB']
])('writes %d bytes as %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
