import { expect, it } from 'vitest';
import { configLine, magicWord } from './magic_words';

/** As civis_nb/magics/words.py reads a word. */
function read(word: string): string {
  const quoted = /^"((?:\\["\\]|[^"])*)"$/.exec(word);
  return quoted ? quoted[1].replace(/\\(["\\])/g, '$1') : word;
}

it.each(['sample', 'a.b-c', 'My DB', "It's", 'a"b', 'a\\', 'a\\b', 'a\\\\b', '\\"', '-d', '#1'])(
  '%j is read as it is written',
  name => expect(read(magicWord(name))).toBe(name)
);

it('has quotes where they are needed', () => {
  expect(configLine('database', 'sample')).toBe('%civis_config database sample');
  expect(configLine('database', 'My DB')).toBe('%civis_config database "My DB"');
  expect(configLine('database', 'a"b')).toBe('%civis_config database "a\\"b"');
  expect(configLine('database', '-x')).toBe('%civis_config database "-x"');
});
