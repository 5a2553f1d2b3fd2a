import { expect, it } from 'vitest';
import { settingsOf } from './settings';

it.each([
  [null, { showStatus: true, startLocalPlatform: false }],
  [{ composite: {} }, { showStatus: true, startLocalPlatform: false }],
  [{ composite: { showStatus: 'no', startLocalPlatform: 1 } }, { showStatus: true, startLocalPlatform: false }],
  [{ composite: { showStatus: false, startLocalPlatform: true } }, { showStatus: false, startLocalPlatform: true }]
])('Settings %j are %j', (found, wanted) => expect(settingsOf(found)).toEqual(wanted));
