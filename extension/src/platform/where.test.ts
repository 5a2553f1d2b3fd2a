import { describe, expect, it } from 'vitest';
import { differenceText, platformName, whereOfKernel, whereText, type IWhere } from './where';

function answer(values: Record<string, unknown>): string {
  const text = JSON.stringify({ backend: null, database: null, endpoint: '', has_key: false, ...values });
  return Array.from(new TextEncoder().encode(text), byte => byte.toString(16).padStart(2, '0')).join('');
}

const LOCAL: IWhere = { kind: 'local', endpoint: 'http://127.0.0.1:8000', database: 'sample' };
const CIVIS: IWhere = { kind: 'platform', endpoint: 'https://api.civisanalytics.com/', database: null };

describe('whereOfKernel', () => {
  it.each<[Record<string, unknown>, IWhere]>([
    [{}, { kind: 'nowhere', endpoint: '', database: null }],
    [{ has_key: true }, CIVIS],
    [{ has_key: true, endpoint: 'https://api.example.org' }, { ...CIVIS, endpoint: 'https://api.example.org' }],
    [{ backend: 'local', has_key: true }, { kind: 'local', endpoint: '', database: null }],
    [{ backend: 'local', has_key: true, endpoint: LOCAL.endpoint, database: 'sample' }, LOCAL],
    [{ backend: 'platform', database: 'Zürich’s "db"' }, { kind: 'nowhere', endpoint: '', database: 'Zürich’s "db"' }]
  ])('of %j is %j', (values, where) => expect(whereOfKernel(answer(values))).toEqual(where));

  it.each(['', 'None', 'abc', "{'a': 1}"])('is null of %j', text => expect(whereOfKernel(text)).toBeNull());
});

describe('differenceText', () => {
  it.each<[IWhere, IWhere, string]>([
    [LOCAL, LOCAL, ''],
    [LOCAL, { ...LOCAL, endpoint: '' }, ''],
    [LOCAL, { ...LOCAL, endpoint: `${LOCAL.endpoint}/`, database: null }, ''],
    [LOCAL, CIVIS, 'The notebook uses Civis Platform, the sidebar the local platform.'],
    [
      LOCAL,
      { ...LOCAL, endpoint: 'http://127.0.0.1:9000' },
      'The notebook uses http://127.0.0.1:9000, the sidebar http://127.0.0.1:8000.'
    ],
    [LOCAL, { ...LOCAL, database: 'other' }, 'The notebook uses the database other, the sidebar sample.']
  ])('of %j and %j is %j', (server, notebook, text) => expect(differenceText(server, notebook)).toBe(text));
});

it('Platforms are named by their hosts', () => {
  expect(platformName(CIVIS)).toBe('Civis Platform');
  expect(platformName({ ...CIVIS, endpoint: 'https://api.example.org/' })).toBe('api.example.org');
  expect(whereText(LOCAL)).toBe('local platform · sample');
});
