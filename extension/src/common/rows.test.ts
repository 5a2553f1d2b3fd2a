import { describe, expect, it } from 'vitest';
import { IListItem, Rows } from './rows';

type Item = IListItem<null>;

function leaf(key: string, more: Partial<Item> = {}): Item {
  return { key, label: key, value: null, ...more };
}

function rowsOf(...items: Item[]) {
  const rows = new Rows<null>(
    () => undefined,
    reason => `failed: ${(reason as Error).message}`
  );
  rows.items = items;
  return rows;
}

const texts = (rows: Rows<null>) => rows.shown.map(row => row.item?.label ?? row.remark);

describe('what is shown', () => {
  it('is what is open, with places among its siblings', async () => {
    const branch = leaf('a', { children: [leaf('x'), leaf('y')] });
    const rows = rowsOf(branch, leaf('b'));
    expect(texts(rows)).toEqual(['a', 'b']);
    await rows.open(branch);
    expect(rows.shown.map(row => [row.key, row.level, row.position, row.siblings])).toEqual([
      ['a', 1, 1, 2],
      ['x', 2, 1, 2],
      ['y', 2, 2, 2],
      ['b', 1, 2, 2]
    ]);
    rows.close(branch);
    expect(texts(rows)).toEqual(['a', 'b']);
  });

  it('says that items are loaded, are missing, or why they did not come', async () => {
    let answer: (items: Item[]) => void = () => undefined;
    const slow = leaf('slow', { children: () => new Promise(resolve => (answer = resolve)) });
    const empty = leaf('empty', { children: async () => [], emptyText: 'No tables' });
    let tries = 0;
    const broken = leaf('broken', {
      children: async () => {
        tries += 1;
        if (tries === 1) {
          throw new Error('no network');
        }
        return [leaf('z')];
      }
    });
    const rows = rowsOf(slow, empty, broken);
    const loaded = rows.open(slow);
    expect(texts(rows)).toEqual(['slow', 'Loading…', 'empty', 'broken']);
    expect(rows.shown[0].isLoading).toBe(true);
    answer([leaf('x')]);
    await loaded;
    await rows.open(empty);
    await rows.open(broken);
    expect(texts(rows)).toEqual([
      'slow', 'x', 'empty', 'No tables', 'broken', 'failed: no network'
    ]);
    await rows.open(broken);
    expect(texts(rows).slice(-2)).toEqual(['broken', 'z']);
  });

  it('stays open by key when items are replaced and loaded again', async () => {
    let names = ['x'];
    const branch = () => leaf('a', { children: async () => names.map(name => leaf(name)) });
    const rows = rowsOf(branch());
    await rows.open(rows.items[0]);
    names = ['x', 'y'];
    rows.items = [branch(), leaf('b')];
    expect(texts(rows)).toEqual(['a', 'x', 'b']);
    await rows.reload();
    expect(texts(rows)).toEqual(['a', 'x', 'y', 'b']);
  });
});

describe('a load that is answered late', () => {
  function slowBranch() {
    const answers: ((names: string[]) => void)[] = [];
    const children = () =>
      new Promise<Item[]>(resolve => answers.push(names => resolve(names.map(name => leaf(name)))));
    return { answers, branch: leaf('a', { children }) };
  }

  it('does not replace what was asked for later', async () => {
    const { answers, branch } = slowBranch();
    const rows = rowsOf(branch);
    const first = rows.open(branch);
    const second = rows.reload();
    expect(answers.length).toBe(2);
    answers[1](['new']);
    await second;
    answers[0](['old']);
    await first;
    expect(texts(rows)).toEqual(['a', 'new']);
    expect(rows.shown[0].isLoading).toBe(false);
  });

  it('is not shown where all was forgotten meanwhile', async () => {
    const { answers, branch } = slowBranch();
    const rows = rowsOf(branch);
    const first = rows.open(branch);
    rows.forget();
    rows.items = [branch];
    answers[0](['old']);
    await first;
    expect(texts(rows)).toEqual(['a']);
    void rows.open(branch);
    expect(texts(rows)).toEqual(['a', 'Loading…']);
    expect(answers.length).toBe(2);
  });

  it('is not asked again by who opens it once more', () => {
    const { answers, branch } = slowBranch();
    const rows = rowsOf(branch);
    void rows.open(branch);
    rows.close(branch);
    void rows.open(branch);
    expect(answers.length).toBe(1);
  });
});

describe('the search', () => {
  it('finds all words anywhere in what is known, and shows what it is in', () => {
    const rows = rowsOf(
      leaf('mart', {
        children: [leaf('people', { search: 'mart.people' }), leaf('votes', { search: 'mart.votes' })]
      }),
      leaf('public', { children: [leaf('people2', { search: 'public.people2' })] })
    );
    rows.search('PEOPLE mart');
    expect(texts(rows)).toEqual(['mart', 'people']);
    rows.search('people');
    expect(texts(rows)).toEqual(['mart', 'people', 'public', 'people2']);
    rows.close(rows.items[0]);
    expect(texts(rows)).toEqual(['mart', 'public', 'people2']);
    rows.search('');
    expect(texts(rows)).toEqual(['mart', 'public']);
  });

  it('shows all of a found item that is opened', async () => {
    const mart = leaf('mart', { children: [leaf('a'), leaf('b')] });
    const rows = rowsOf(mart, leaf('other'));
    rows.search('mart');
    expect(texts(rows)).toEqual(['mart']);
    await rows.open(mart);
    expect(texts(rows)).toEqual(['mart', 'a', 'b']);
  });

  it('takes two hundred thousand items', () => {
    const many = Array.from({ length: 200_000 }, (_, at) => leaf(`table_${at}`));
    const rows = rowsOf(leaf('schema', { children: many }));
    void rows.open(rows.items[0]);
    expect(rows.shown.length).toBe(200_001);
    rows.search('table_199999');
    expect(texts(rows)).toEqual(['schema', 'table_199999']);
  });
});
