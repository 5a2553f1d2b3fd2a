import { describe, expect, it } from 'vitest';
import type { IParam } from './api';
import { faultOf, textOf } from './faults';

const PARAM: IParam = {
  name: 'X',
  label: null,
  description: null,
  type: 'string',
  required: false,
  default: null,
  value: null,
  allowed_values: []
};

describe('faultOf', () => {
  it.each([
    ['string', ''],
    ['integer', ' -12 '],
    ['integer', ''],
    ['float', '1e-3'],
    ['file', '7'],
    ['string', 'any <b>text</b>']
  ])('finds nothing wrong with %s %j', (type, text) => {
    expect(faultOf({ ...PARAM, type }, text)).toBe('');
  });

  it.each([
    ['integer', '1.5'],
    ['integer', 'many'],
    ['float', 'NaN'],
    ['float', 'Infinity'],
    ['float', '1,5'],
    ['file', 'a.csv']
  ])('refuses %s %j', (type, text) => {
    expect(faultOf({ ...PARAM, type }, text)).toMatch(/needed/);
  });

  it('asks for a value that is required and has no default', () => {
    expect(faultOf({ ...PARAM, required: true }, '  ')).toMatch(/needed/);
    expect(faultOf({ ...PARAM, required: true, default: 3 }, '')).toBe('');
  });
});

describe('textOf', () => {
  it('is what is fixed, then what the job has, then the default', () => {
    expect(textOf({ ...PARAM, value: 'v', default: 'd' }, 'g')).toBe('v');
    expect(textOf({ ...PARAM, default: 'd' }, 'g')).toBe('g');
    expect(textOf({ ...PARAM, default: 0 }, undefined)).toBe('0');
    expect(textOf(PARAM, null)).toBe('');
    expect(textOf({ ...PARAM, type: 'bool' }, false)).toBe('false');
    expect(textOf({ ...PARAM, type: 'database' }, { database: 5, credential: 1 })).toBe('5');
  });
});
