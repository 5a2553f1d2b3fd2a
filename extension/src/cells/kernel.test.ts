import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { kernelState } from './kernel';

/** A kernel of Python that answers when it is told to. */
function kernelOf(answer: Record<string, string>) {
  const connected = new Set<(sender: unknown, status: string) => void>();
  const fake = {
    status: 'idle',
    info: Promise.resolve({ language_info: { name: 'python' } }),
    statusChanged: {
      connect: (slot: (sender: unknown, status: string) => void) => connected.add(slot),
      disconnect: (slot: (sender: unknown, status: string) => void) => connected.delete(slot)
    },
    answer,
    delay_ms: 0,
    requestExecute: () => {
      const expressions = Object.fromEntries(
        Object.entries(fake.answer).map(([name, text]) => [
          name,
          { status: 'ok', data: { 'text/plain': `'${text}'` } }
        ])
      );
      const reply = { content: { status: 'ok', user_expressions: expressions } };
      return {
        done: new Promise(resolve => setTimeout(() => resolve(reply), fake.delay_ms))
      };
    },
    become: (status: string) => {
      fake.status = status;
      [...connected].forEach(slot => slot(fake, status));
    }
  };
  return fake;
}

type Fake = ReturnType<typeof kernelOf>;

/** Ask for the state of a kernel; return it with how long that took. */
async function asked(kernel: Fake): Promise<[unknown, number]> {
  const begun = Date.now();
  let ended = 0;
  const state = kernelState({ kernel } as never).then(found => {
    ended = Date.now();
    return found;
  });
  await vi.advanceTimersByTimeAsync(10_000);
  return [await state, ended - begun];
}

const SINCE = { variables: { since: 'int' }, database: 'mine' };
const NOTHING = { variables: {}, database: null };

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

it('takes a kernel that works, or answers late, to know what it knew', async () => {
  const kernel = kernelOf({ variables: 'since:int', database: 'mine' });
  kernel.delay_ms = 200;
  expect(await asked(kernel)).toEqual([SINCE, 200]);
  kernel.answer = { variables: 'since:int,until:int', database: 'mine' };
  // The later answer is kept for the next time.
  expect(await asked(kernel)).toEqual([SINCE, 60]);
  kernel.become('busy');
  expect(await asked(kernel)).toEqual([
    { variables: { since: 'int', until: 'int' }, database: 'mine' },
    0
  ]);
});

it('waits for no first answer for long', async () => {
  const kernel = kernelOf({ variables: '', database: '' });
  kernel.delay_ms = 2000;
  expect(await asked(kernel)).toEqual([NOTHING, 250]);
});

it('forgets what a kernel knew that begins anew', async () => {
  const kernel = kernelOf({ variables: 'since:int', database: 'mine' });
  expect((await asked(kernel))[0]).toEqual(SINCE);
  kernel.become('restarting');
  kernel.become('busy');
  expect((await asked(kernel))[0]).toEqual(NOTHING);
  kernel.become('idle');
  expect((await asked(kernel))[0]).toEqual(SINCE);
});

it('asks no kernel of another language, and none that works', async () => {
  const kernel = kernelOf({ variables: 'since:int', database: 'mine' });
  kernel.become('busy');
  expect((await asked(kernel))[0]).toEqual(NOTHING);
  kernel.become('idle');
  kernel.info = Promise.resolve({ language_info: { name: 'R' } });
  expect((await asked(kernel))[0]).toEqual(NOTHING);
});
