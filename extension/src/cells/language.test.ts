import { describe, expect, it } from 'vitest';
import { sqlCellLanguage } from './language';

/** Return the words of a kind in a cell, as its language sees them. */
function wordsOf(kind: string, sql: string, dialect = 'redshift'): string[] {
  const cell = `%%civis_sql\n${sql}`;
  const found: string[] = [];
  sqlCellLanguage(dialect)
    .parser.parse(cell)
    .iterate({
      enter: node => {
        if (node.name === kind) {
          found.push(cell.slice(node.from, node.to));
        }
      }
    });
  return found;
}

const COLUMNS = (
  'state name type date year month day hour minute second value status position level location ' +
  'owner role data text version source time id key label title comment description language class ' +
  'category first last start action result count sum max min number index rank range zone domain ' +
  'session method path size length database function matched current condition public local ' +
  'share scope server storage domain depth event family member message password precision priority'
).split(' ');

describe.each(['redshift', 'postgres', 'duckdb'])('In %s', dialect => {
  it.each(COLUMNS)('a column %s has no colour', name => {
    const sql = `select ${name} from turnout where ${name} = 1`;
    expect(wordsOf('Keyword', sql, dialect)).toEqual(['select', 'from', 'where']);
    expect(wordsOf('Type', sql, dialect)).toEqual([]);
  });

  it('the words of statements have one', () => {
    const sql =
      'create temp table x as with a as (select distinct b from c left join d using (e)) ' +
      'select row_number() over (partition by f order by g desc nulls last) from a ' +
      'where h is not null and i between 1 and 2 or j in (3) group by k having l like m limit 5';
    const named = 'x a b c d e row_number f g last h i j k l m'.split(' ');
    const all = sql.match(/[a-z_]+/g)!.filter(word => !named.includes(word) && word !== 'null');
    expect(wordsOf('Keyword', sql, dialect)).toEqual(all);
    expect(wordsOf('Null', sql, dialect)).toEqual(['null']);
  });
});

it('Words that one database reserves have a colour there', () => {
  const sql = 'select top 5 sysdate from t minus select summarize';
  expect(wordsOf('Keyword', sql)).toEqual(['select', 'top', 'sysdate', 'from', 'minus', 'select']);
  expect(wordsOf('Keyword', sql, 'duckdb')).toEqual(['select', 'from', 'select', 'summarize']);
});

it('Types have their own', () => {
  expect(wordsOf('Type', 'select a::integer, cast(b as varchar(10)), c::super')).toEqual(['integer', 'varchar', 'super']);
});
