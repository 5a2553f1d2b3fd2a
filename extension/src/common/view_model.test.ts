import { expect, it } from 'vitest';
import { ViewModel } from './view_model';

class Echo extends ViewModel {
  protected answer(kind: string, request: Record<string, unknown>) {
    if (kind === 'fails') {
      throw new Error('no such row');
    }
    return kind === 'later' ? Promise.resolve({ ...request, buffers: ['b'] }) : request;
  }
}

it('answers each request, or says what it failed with', async () => {
  const model = new Echo({});
  const answers = new Map<string, unknown>();
  const three = new Promise<void>(resolve => {
    model.on('msg:custom', ({ id, ...fields }, buffers) => {
      answers.set(id, { fields, buffers });
      if (answers.size === 3) {
        resolve();
      }
    });
  });
  for (const [id, kind] of [['1', 'now'], ['2', 'fails'], ['3', 'later']]) {
    model.send({ id, kind, ...{ row: 3 } });
  }
  await three;
  expect(Object.fromEntries(answers)).toEqual({
    1: { fields: { row: 3 }, buffers: [] },
    2: { fields: { error: 'no such row' }, buffers: [] },
    3: { fields: { row: 3 }, buffers: ['b'] }
  });
});

it('tells those that still listen of a change', () => {
  const model = new Echo({ state: 1 });
  const seen: unknown[] = [];
  const one = () => seen.push('one');
  model.on('change:state', one);
  model.on('change:state', () => seen.push(model.get('state')));
  model.set('state', 2);
  model.off('change:state', one);
  model.set('state', 3);
  expect(seen).toEqual(['one', 2, 3]);
});
