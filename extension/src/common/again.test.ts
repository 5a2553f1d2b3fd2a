import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

class ResponseError extends Error {
  constructor(readonly response: { status: number }) {
    super('Refused');
  }
}
class NetworkError extends Error {}
vi.mock('@jupyterlab/services', () => ({ ServerConnection: { ResponseError, NetworkError } }));
vi.mock('@jupyterlab/coreutils', () => ({ URLExt: {} }));

const { Again, answersAgain, lastingProblem, mayPass } = await import('./again');
const { PlatformError } = await import('./server');

const page = Object.assign(new EventTarget(), { hidden: false });
let isSeen = true;
let tries: number[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  // What of a page is needed: its events and its clock.
  const clock = {
    setTimeout: (work: () => void, ms: number) => setTimeout(work, ms),
    clearTimeout: (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer)
  };
  vi.stubGlobal('window', Object.assign(new EventTarget(), clock));
  vi.stubGlobal('document', page);
  page.hidden = false;
  isSeen = true;
  tries = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Something that fails at each try, or succeeds after some. */
function failing(successAt = Infinity) {
  const again = new Again(
    () => {
      tries.push(Date.now() / 1000);
      tries.length < successAt ? again.later() : again.end();
    },
    () => isSeen
  );
  again.later();
  return again;
}

describe('what failed', () => {
  it('is tried again ever more rarely, until it succeeds', () => {
    const again = failing();
    vi.advanceTimersByTime(125_000);
    expect(tries).toEqual([2, 6, 14, 30, 60, 90, 120]);
    again.end();
    vi.advanceTimersByTime(600_000);
    expect(tries).toHaveLength(7);
    failing(8);
    vi.advanceTimersByTime(600_000);
    expect(tries).toHaveLength(8);
  });

  it('is tried at once when something answers, once for all that says so', () => {
    failing(1);
    answersAgain.emit();
    answersAgain.emit();
    window.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(600_000);
    expect(tries).toEqual([0]);
  });

  it('waits while nobody looks', () => {
    isSeen = false;
    failing(1);
    vi.advanceTimersByTime(600_000);
    answersAgain.emit();
    expect(tries).toEqual([]);
    isSeen = true;
    page.hidden = true;
    answersAgain.emit();
    expect(tries).toEqual([]);
    page.hidden = false;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(tries).toEqual([600]);
  });
});

describe('what may pass', () => {
  const refused = (status: number) => new ResponseError({ status });
  it.each([
    [new NetworkError(), true, 'The Jupyter server does not answer. Check that it is running; this goes on when it is back.'],
    [refused(503), true, 'The Jupyter server does not answer. Check that it is running; this goes on when it is back.'],
    [new PlatformError('No connection.', 'CivisConnectionError', true), true, 'No connection. This goes on when it is back.'],
    [new PlatformError('No table.', 'CivisAPIError', false), false, 'No table.'],
    [refused(403), false, 'The Jupyter server refuses this page: Refused. If it was started anew, reload the page.'],
    [refused(400), false, 'Refused']
  ])('%s: %s', (reason, passes, text) => {
    expect(mayPass(reason)).toBe(passes);
    expect(lastingProblem(reason)).toBe(text);
  });
});
