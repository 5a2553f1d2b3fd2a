import { describe, expect, it } from 'vitest';
import { savedGroup, savedLog } from './run_records';

const RED = 'color:color-mix(in srgb, currentColor 45%, #d32f2f)';
const run = (log: unknown) => ({ version: 1, title: 'Nightly', log });

describe('savedLog', () => {
  it('is the last lines of a log, with their colours', () => {
    const lines = [
      ['info', 'plain'],
      ['error', 'a red b', [['a ', ''], ['red', `font-weight:bold;${RED}`], [' b', '']]]
    ];
    expect(savedLog(run({ total: 70, lines }))).toEqual({
      total: 70,
      lines: [lines[0], ['error', lines[1][2]]]
    });
  });

  it.each([
    null,
    [],
    'log',
    run(null),
    run({ total: 1, lines: [] }),
    run({ total: 0, lines: [['info', 'more than there were']] }),
    run({ total: Number.MAX_SAFE_INTEGER, lines: [['info', 'x']] }),
    run({ total: 1_000_000_001, lines: [['info', 'x']] }),
    run({ total: '1', lines: [['info', 'x']] }),
    run({ total: 1, lines: 'x' }),
    run({ total: 1, lines: [['info']] }),
    run({ total: 1, lines: [['info', ['x']]] }),
    run({ total: 1, lines: [[null, 'x']] }),
    run({ total: 1, lines: [['info', 'x', [['x']]]] }),
    run({ total: 1, lines: [['info', 'x', 'x']] }),
    { ...run({ total: 1, lines: [['info', 'x']] }), version: 2 }
  ])('is null for malformed data: %j', data => expect(savedLog(data)).toBeNull());

  it.each([
    'position:fixed;inset:0',
    'background:url(https://evil.test/)',
    `${RED};background-image:url(//evil.test)`,
    `${RED}/**/`,
    'color:red',
    ';'
  ])('is null for styles that no log has: %s', look =>
    expect(savedLog(run({ total: 1, lines: [['info', 'x', [['x', look]]]] }))).toBeNull()
  );
});

describe('savedGroup', () => {
  const one = {
    title: 'Load', state: 'failed', state_text: 'failed', ids: 'job 1, run 2', url: null, error: 'boom',
    queued_s: 0, running_s: 1.5, elapsed_s: null, ended: true, place: 0
  };
  const group = {
    version: 1, title: '', caption: '1 run: 1 failed', total: 1, done: 1, counts: { failed: 1 },
    ended: true, runs: [one], left_out: ''
  };

  it('is the data of a cell', () => expect(savedGroup(group)).toBe(group));

  it.each([
    null,
    { ...group, version: 2 },
    { ...group, caption: undefined },
    { ...group, runs: [] },
    { ...group, runs: [one, one] },
    { ...group, runs: [{ ...one, title: {} }] },
    { ...group, runs: [{ ...one, running_s: '1' }] },
    { ...group, runs: [{ ...one, error: ['x'] }] },
    { ...group, runs: [{ ...one, ended: 'no' }] },
    { ...group, counts: [] },
    { ...group, done: 2 },
    { ...group, left_out: null }
  ])('is null for malformed data', data => expect(savedGroup(data)).toBeNull());
});
