import { PostgreSQL, SQLDialect } from '@codemirror/lang-sql';
import { defineLanguageFacet, Language, languageDataProp } from '@codemirror/language';
import {
  Input,
  NodeSet,
  NodeType,
  Parser,
  parseMixed,
  PartialParse,
  Tree,
  TreeFragment
} from '@lezer/common';
import { styleTags, tags } from '@lezer/highlight';
import { endOfMagic } from './magic';
import { WORDS } from './words';

const DIALECTS: Record<string, SQLDialect> = Object.fromEntries(
  Object.entries(WORDS).map(([name, { reserved, more, types }]) => [
    name,
    SQLDialect.define({ ...PostgreSQL.spec, keywords: `${reserved} ${more}`, types })
  ])
);

const data = defineLanguageFacet({
  commentTokens: { line: '--', block: { open: '/*', close: '*/' } },
  closeBrackets: { brackets: ['(', '[', '{', "'", '"'] }
});

const cell = NodeType.define({ id: 0, name: 'SqlCell', top: true, props: [[languageDataProp, data]] });
const magic = NodeType.define({ id: 1, name: 'MagicName' });
const flag = NodeType.define({ id: 2, name: 'MagicOption' });
const value = NodeType.define({ id: 3, name: 'MagicValue' });
const statement = NodeType.define({ id: 4, name: 'Statements' });
const nodes = new NodeSet([cell, magic, flag, value, statement]).extend(
  styleTags({ MagicName: tags.meta, MagicOption: tags.attributeName, MagicValue: tags.string })
);
const [CELL, MAGIC, FLAG, VALUE, STATEMENT] = nodes.types;

/** Return the tree of a cell: the words of its magic's line, then one node with all the SQL. */
function treeOf(text: string): Tree {
  const end = Math.max(endOfMagic(text), 0);
  const children: Tree[] = [];
  const places: number[] = [];
  const add = (type: NodeType, from: number, to: number) => {
    children.push(new Tree(type, [], [], to - from));
    places.push(from);
  };
  for (const word of text.slice(0, end).matchAll(/(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g)) {
    const from = word.index ?? 0;
    const type = word[0].startsWith('%%') ? MAGIC : word[0].startsWith('-') ? FLAG : VALUE;
    add(type, from, from + word[0].length);
  }
  if (end + 1 < text.length) {
    add(STATEMENT, end + 1, text.length);
  }
  return new Tree(CELL, children, places, text.length);
}

/** A parse that is done at once: the outer tree has as many nodes as the magic has words. */
class CellParse implements PartialParse {
  stoppedAt: number | null = null;

  constructor(private readonly input: Input) {}

  get parsedPos(): number {
    return this.input.length;
  }

  advance(): Tree {
    return treeOf(this.input.read(0, this.input.length));
  }

  stopAt(pos: number): void {
    this.stoppedAt = pos;
  }
}

class CellParser extends Parser {
  private readonly wrap;

  constructor(dialect: SQLDialect) {
    super();
    const parser = dialect.language.parser;
    this.wrap = parseMixed(node => (node.type === STATEMENT ? { parser } : null));
  }

  createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly { from: number; to: number }[]
  ): PartialParse {
    return this.wrap(new CellParse(input), input, fragments, ranges);
  }
}

/** Return the parser of SQL alone, without a magic. */
export function sqlParser(dialect: string): Parser {
  return (DIALECTS[dialect] ?? DIALECTS.redshift).language.parser;
}

const languages = new Map<string, Language>();

/** Return the language of SQL cells for a dialect; Redshift's for one that is not known. */
export function sqlCellLanguage(dialect: string): Language {
  const name = dialect in DIALECTS ? dialect : 'redshift';
  let found = languages.get(name);
  if (found === undefined) {
    found = new Language(data, new CellParser(DIALECTS[name]), [], `civis-sql-${name}`);
    languages.set(name, found);
  }
  return found;
}

