import { expect, it, vi } from 'vitest';

vi.mock('@jupyterlab/services', () => ({ ServerConnection: {} }));
vi.mock('@jupyterlab/coreutils', () => ({ URLExt: {} }));

const { partsOf } = await import('./problem');

const GOES_ON = 'This goes on when it is back.';
const FIRST = 'No connection to 127.0.0.1:43333 for GET /databases: Connection refused.';
const HELP =
  'Nothing listens there: a local platform ends with the program that started it. Start one again, ' +
  'or see where CIVIS_API_ENDPOINT leads.';

it('shows in short what passes by itself, and keeps all of it', () => {
  expect(partsOf(`${FIRST} ${HELP} ${GOES_ON}`)).toEqual([`${FIRST} ${GOES_ON}`, HELP]);
});

it.each([
  // What to do is never hidden where somebody has to do it.
  `${FIRST} ${HELP}`,
  `${FIRST} ${GOES_ON}`,
  'The key was refused.',
  `${'x'.repeat(200)}. ${GOES_ON}`,
  ''
])('shows all of %s', text => {
  expect(partsOf(text)).toEqual([text, '']);
});
