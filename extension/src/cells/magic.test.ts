import { describe, expect, it } from 'vitest';
import { databaseOf, isSqlCell } from './magic';

describe('isSqlCell', () => {
  it.each(['%%civis_sql', '%%civis_sql df -d sample\nselect 1', '  %%civis_sql\n', '%%civisquery sample'])(
    'is true of %j',
    cell => expect(isSqlCell(cell)).toBe(true)
  );

  it.each(['', 'x = 1', '%civis_sql select 1', '%%civis_sqlx', '# %%civis_sql', 'x\n%%civis_sql'])(
    'is false of %j',
    cell => expect(isSqlCell(cell)).toBe(false)
  );
});

describe('databaseOf', () => {
  it.each([
    ['%%civis_sql -d sample', 'sample'],
    ['%%civis_sql df -dsample', 'sample'],
    ['%%civis_sql --database=sample --as polars', 'sample'],
    ['%%civis_sql --database "My DB" df', 'My DB'],
    ['%%civisquery sample', 'sample'],
    ["%%civisquery 'My DB'", 'My DB'],
    ['%%civis_sql df', null],
    ['%%civis_sql -d', null],
    ['%%civisquery -x sample', null],
    ['x = 1', null]
  ])('of %j is %j', (line, name) => expect(databaseOf(line)).toBe(name));
});
