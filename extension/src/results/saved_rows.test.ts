import { describe, expect, it } from 'vitest';
import { savedTable, type ISavedTable } from './records';
import { SavedRows, type Filter } from './saved_rows';
import { familyOf } from './values';

const TABLE: ISavedTable = {
  title: 'df',
  columns: [
    { name: 'n', type: 'bigint', right: true },
    { name: 'amount', type: 'decimal(38,2)', right: true },
    { name: 'share', type: 'double', right: true },
    { name: 'at', type: 'timestamptz', right: false },
    { name: 'word', type: 'text', right: false }
  ],
  rows: [
    ['10', '9007199254740993.01', '1e10', '2024-01-02 00:30:00+00:00', 'Zürich'],
    ['9', '9007199254740993.02', 'nan', '2024-01-01 23:30:00-02:00', 'apple\tpie'],
    [null, '-0.50', '-inf', null, null],
    ['-3', '-0.5', '0.25', '2024-01-02 00:30:00.5+00:00', 'Apple'],
    ['123456789012345678901', '0', '2.0', '2023-12-31 12:00:00+00:00', '']
  ],
  columns_total: 5,
  rows_held: 5,
  rows_total: 5
};
const saved = new SavedRows(TABLE);

function cells(column: number, query: Parameters<SavedRows['rows']>[0]) {
  return saved.rows(query).map(row => row[column]);
}

describe('the order', () => {
  it.each([
    [0, false, ['-3', '9', '10', '123456789012345678901', null]],
    [0, true, ['123456789012345678901', '10', '9', '-3', null]],
    [1, true, ['9007199254740993.02', '9007199254740993.01', '0', '-0.50', '-0.5']],
    [2, false, ['-inf', '0.25', '2.0', '1e10', 'nan']],
    [4, false, ['', 'Apple', 'Zürich', 'apple\tpie', null]]
  ])('of column %i (descending: %s)', (column, descending, wanted) =>
    expect(cells(column, { sort: [{ column, descending }] })).toEqual(wanted)
  );

  it('of instants is that of time, whatever their zones', () => {
    const found = cells(3, { sort: [{ column: 3, descending: false }] });
    expect(found).toEqual([
      '2023-12-31 12:00:00+00:00',
      '2024-01-02 00:30:00+00:00',
      '2024-01-02 00:30:00.5+00:00',
      '2024-01-01 23:30:00-02:00',
      null
    ]);
  });

  it('of equal values is that of the next column', () => {
    const sort = [
      { column: 1, descending: false },
      { column: 0, descending: true }
    ];
    expect(cells(0, { sort }).slice(0, 2)).toEqual(['-3', null]);
  });

  it('of characters beyond the basic plane is that of UTF-8', () => {
    const rows = [['😀'], ['﷽'], ['😁'], ['z']];
    const columns = [{ name: 'c', type: 'text', right: false }];
    const found = new SavedRows({ ...TABLE, columns, rows }).rows({
      sort: [{ column: 0, descending: false }]
    });
    expect(found).toEqual([['z'], ['﷽'], ['😀'], ['😁']]);
  });
});

describe('a filter', () => {
  it.each<[Filter, (string | null)[]]>([
    [{ column: 0, kind: 'range', low: '9', high: null }, ['10', '9', '123456789012345678901']],
    [{ column: 0, kind: 'range', low: null, high: '1,000' }, ['10', '9', '-3']],
    [{ column: 1, kind: 'range', low: '9007199254740993.02', high: null }, ['9']],
    [{ column: 3, kind: 'range', low: '2024-01-02', high: '2024-01-02' }, ['10', '9', '-3']],
    [{ column: 4, kind: 'text', op: 'contains', value: 'APPLE' }, ['9', '-3']],
    [{ column: 4, kind: 'text', op: 'contains', value: 'Apple', match_case: true }, ['-3']],
    [{ column: 4, kind: 'text', op: 'lacks', value: 'p' }, ['10', null, '123456789012345678901']],
    [{ column: 4, kind: 'text', op: 'ends', value: 'PIE' }, ['9']],
    [{ column: 4, kind: 'set', values: ['', null] }, [null, '123456789012345678901']],
    [{ column: 4, kind: 'set', values: ['', null], exclude: true }, ['10', '9', '-3']],
    [{ column: 0, kind: 'null', is_null: true }, [null]]
  ])('%j leaves %j', (filter, wanted) => expect(cells(0, { filters: [filter] })).toEqual(wanted));

  it('says what is no value of its column', () => {
    const filters: Filter[] = [{ column: 0, kind: 'range', low: 'many', high: null }];
    expect(() => saved.rows({ filters })).toThrow(
      '“many” is no value of the column “n”, whose type is bigint: write it like 1200.'
    );
  });
});

it('Copied cells are read by spreadsheets', () =>
  expect(saved.text({}, 1, 2, [0, 4], true)).toBe('n\tword\n9\t"apple\tpie"\n\t'));

it('The values of a column come with their counts', () =>
  expect(saved.values(4, { filters: [{ column: 0, kind: 'null', is_null: false }] }, 'app')).toEqual({
    values: [
      ['apple\tpie', 1],
      ['Apple', 1]
    ],
    more: false
  }));

describe('savedTable', () => {
  const rows = [...TABLE.rows, ...TABLE.rows];
  const whole = { version: 1, caption: '10 of 10 rows', ...TABLE, rows, rows_held: 10, rows_total: 10 };

  it('is the data of a cell', () => expect(savedTable(whole)).toBe(whole));

  it.each([
    null,
    [],
    'table',
    { ...whole, version: 2 },
    { ...whole, columns: undefined },
    { ...whole, columns: whole.columns.map(one => ({ ...one, type: null })) },
    { ...whole, columns: [{ name: '<b>', type: 'text' }], rows: Array(9).fill(['x']) },
    { ...whole, rows: rows.map(row => row.slice(1)) },
    { ...whole, rows: [...rows, [1, '2', '3', '4', '5']] },
    { ...whole, rows: { length: 5 } },
    { ...whole, rows_held: 2 },
    { ...whole, rows_total: '5' },
    { ...whole, title: {} },
    { ...whole, rows: rows.slice(5) }
  ])('is null for malformed data, and for few rows', data => expect(savedTable(data)).toBeNull());
});

it.each(['text', 'varchar', 'varchar(30)', 'char(2)', 'character varying(9)', 'nvarchar(5)'])(
  'compares %s as text',
  type => expect(familyOf(type)).toBe('text')
);

it.each(['charset', 'json', 'varbyte(9)', null])('compares %s as it is', type =>
  expect(familyOf(type)).toBe('other')
);
