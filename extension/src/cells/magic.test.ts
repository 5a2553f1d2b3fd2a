import { describe, expect, it } from 'vitest';
import { canHoldMagics, databaseOf, endOfMagic, isInSql, isSqlCell, lineMagicOf } from './magic';

describe('isSqlCell', () => {
  it.each(['%%time\n%%civis_sql\n', '%%civis_sql', '%%civis_sql df -d sample\nselect 1', '  %%civis_sql\n', '%%civisquery sample'])(
    'is true of %j',
    cell => expect(isSqlCell(cell)).toBe(true)
  );

  it.each(['', 'x = 1', '%civis_sql select 1', '%%civis_sqlx', '# %%civis_sql', '%%bash\n%%civis_sql', 'x\n%%civis_sql'])(
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

describe('endOfMagic', () => {
  it.each([
    ['%%civis_sql -d x\nselect 1', 16],
    ['%%time\n%%civis_sql -d x\nselect 1', 23],
    ['%%civis_sql', 11],
    ['x = 1', -1]
  ])('of %j is %j', (text, end) => expect(endOfMagic(text)).toBe(end));
});

describe('lineMagicOf', () => {
  it.each([
    ['%civis_sql select 1', 'select 1', null],
    ['df = %civis_sql -d "My DB" --as pandas select 1', 'select 1', 'My DB'],
    ['    rows["a", 0] = %civis_sql --quiet --max-rows=5 select 1', 'select 1', null],
    ['%civisquery sample --as polars select -1', 'select -1', 'sample'],
    ['%civis_sql -d x :query', ':query', 'x'],
    ['%civis_sql -d x', '', 'x'],
    ['%civis_sql', '', null]
  ])('of %j has the SQL %j', (line, sql, database) => {
    const magic = lineMagicOf(line);
    expect(magic && line.slice(magic.sqlStart)).toBe(sql);
    expect(magic?.database).toBe(database);
    expect(magic && line.slice(magic.start, magic.nameEnd)).toMatch(/^%civis/);
  });

  it.each(['', 'x = 1', '%%civis_sql', '# %civis_sql select 1', 'x == %civis_sql', 'x % civis_sql'])(
    'of %j is null',
    line => expect(lineMagicOf(line)).toBeNull()
  );
});

describe('isInSql', () => {
  it.each([
    ['%%civis_sql\nselect 1', 0, true],
    ['x = 1\ny = %civis_sql select 1\nz', 25, true],
    ['x = 1\ny = %civis_sql select 1\nz', 8, false],
    ['x = 1\ny = %civis_sql select 1\nz', 3, false],
    ['x = 1\ny = %civis_sql select 1\nz', 36, false],
    ['y = %civis_sql -d x \\\n select 1\nz', 30, true],
    ['y = %civis_sql -d x \\\n select 1\nz', 33, false],
    ['y = %civis_sql -d x\\ \n select 1', 30, false]
  ])('in %j at %j is %j', (text, offset, wanted) => expect(isInSql(text, offset)).toBe(wanted));
});

describe('canHoldMagics', () => {
  it.each([
    ['text/x-ipython', true],
    ['text/x-python', true],
    ['text/plain', true],
    ['text/x-rsrc', false],
    ['text/x-julia', false]
  ])('of %j is %j', (mimeType, wanted) => expect(canHoldMagics(mimeType)).toBe(wanted));
});
