/** The words of one dialect that have a colour; all in lower case. */
export interface IWords {
  /** What can't be a column's name without quotes. */
  reserved: string;
  /** Other words of its statements that are hardly ever a column's name. */
  more: string;
  types: string;
}

// A word that the database does not reserve is far more often a column than syntax: state, name,
// date, year, value, status. Such words have no colour anywhere, as nothing tells the two apart
// without the grammar of the statement.
const RESERVED =
  'all analyse analyze and any array as asc authorization binary both case cast check collate ' +
  'column constraint create cross default deferrable desc distinct do else end except for foreign ' +
  'freeze from full group having ilike in initially inner intersect into is isnull join leading ' +
  'left like limit natural not notnull offset on only or order outer overlaps placing primary ' +
  'references right select similar some table then to trailing union unique using verbose when ' +
  'where with ';
const MORE =
  'add alter begin between by cascade coalesce commit copy current_date current_time ' +
  'current_timestamp delete drop escape exists explain extract filter following grant greatest if ' +
  'insert least materialized merge nullif nulls over partition preceding recursive rename replace ' +
  'restrict revoke rollback rows schema set temp temporary truncate unbounded update vacuum values ' +
  'view within ';
const TYPES =
  'bigint bigserial bit bool boolean bpchar bytea char character decimal double float float4 float8 ' +
  'int int2 int4 int8 integer interval jsonb nchar numeric nvarchar real serial smallint ' +
  'smallserial timestamptz timetz varbit varchar varying ';

/** The words of each dialect; tests/lab/test_words.py compares them with the databases. */
export const WORDS: Record<string, IWords> = {
  // https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html
  redshift: {
    reserved:
      RESERVED +
      'aes128 aes256 allowoverwrite az64 backup between blanksasnull bytedict bzip2 credentials ' +
      'current_date current_time current_timestamp current_user current_user_id deflate defrag ' +
      'delta delta32k disable emptyasnull enable encode encrypt encryption explicit globaldict256 ' +
      'globaldict64k grant gzip identity ignore localtime localtimestamp lun luns lzo lzop minus ' +
      'mostly16 mostly32 mostly8 new nulls off offline oid old open parallel partition percent ' +
      'permissions pivot raw readratio recover rejectlog resort respect restore session_user ' +
      'snapshot sysdate system tag tdes text255 text32k top truncatecolumns unnest unpivot user ' +
      'wallet without',
    more:
      MORE +
      'approximate compound dateadd datediff delimiter distkey diststyle external getdate iam_role ' +
      'ignoreheader interleaved listagg qualify sortkey unload',
    types: TYPES + 'hllsketch super timestamp varbyte'
  },
  postgres: {
    reserved:
      RESERVED +
      'asymmetric collation concurrently current_catalog current_date current_role current_schema ' +
      'current_time current_timestamp current_user fetch grant lateral localtime localtimestamp ' +
      'returning session_user symmetric tablesample user variadic window',
    more: MORE,
    types: TYPES
  },
  duckdb: {
    reserved:
      RESERVED +
      'anti asof asymmetric at by collation concurrently describe fetch glob lambda lateral pivot ' +
      'pivot_longer pivot_wider positional qualify returning semi show summarize symmetric ' +
      'tablesample unpack unpivot variadic window',
    more: MORE + 'attach detach exclude macro',
    types: TYPES + 'hugeint struct tinyint ubigint uhugeint uinteger usmallint utinyint'
  }
};
