import { expect, it, vi } from 'vitest';

const getDatabases = vi.fn();
vi.mock('../common/server', () => ({ getDatabases, problemOf: String }));

const { Dialects } = await import('./dialects');

const answer = (dialect: string) => ({
  databases: [{ id: 1, name: 'main', dialect }],
  default: 1
});

it('The dialects of another platform are asked for', async () => {
  const dialects = new Dialects();
  getDatabases.mockResolvedValueOnce(answer('duckdb'));
  await dialects.load();
  expect(dialects.of(null)).toBe('duckdb');
  getDatabases.mockResolvedValueOnce(answer('postgres'));
  await dialects.load();
  expect(dialects.of(null)).toBe('duckdb');
  await dialects.reload();
  expect(dialects.of(null)).toBe('postgres');
});

it('A late answer of the platform before is left out', async () => {
  const dialects = new Dialects();
  let late: (found: unknown) => void = () => undefined;
  getDatabases.mockReturnValueOnce(new Promise(resolve => (late = resolve)));
  const first = dialects.load();
  getDatabases.mockResolvedValueOnce(answer('postgres'));
  await dialects.reload();
  late(answer('duckdb'));
  await first;
  expect(dialects.of('main')).toBe('postgres');
});

it('A failed question is logged, and its databases are those of Redshift', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const dialects = new Dialects();
  getDatabases.mockRejectedValueOnce(new Error('There is no API key'));
  await dialects.load();
  expect(dialects.of(null)).toBe('redshift');
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('There is no API key'));
  warn.mockRestore();
});
