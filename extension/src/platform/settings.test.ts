import { readFileSync } from 'node:fs';
import { Signal } from '@lumino/signaling';
import { expect, it } from 'vitest';
import { DEFAULTS, SettingsModel, settingsOf } from './settings';

const schema = JSON.parse(readFileSync(new URL('../../schema/plugin.json', import.meta.url), 'utf8'));

it.each([
  [null, {}],
  [{ composite: {} }, {}],
  [{ composite: { showStatus: 'no', startLocalPlatform: 1, sqlCompletion: null } }, {}],
  [{ composite: { pollInterval: -1 } }, {}],
  [{ composite: { pollInterval: 601 } }, {}],
  [{ composite: { pollInterval: NaN, unknown: true } }, {}],
  [{ composite: { showStatus: false, startLocalPlatform: true } }, { showStatus: false, startLocalPlatform: true }],
  [{ composite: { sqlColours: false, pollInterval: 2.5 } }, { sqlColours: false, pollInterval: 2.5 }]
])('Settings %j are the default ones but %j', (found, wanted) =>
  expect(settingsOf(found as any)).toEqual({ ...DEFAULTS, ...wanted })
);

it('The schema has the same settings with the same defaults', () => {
  const properties = Object.entries<any>(schema.properties).map(([name, one]) => [name, one.default]);
  expect(Object.fromEntries(properties)).toEqual(DEFAULTS);
});

it.each(Object.entries<any>(schema.properties))('What the schema allows of %s is a setting', (name, one) => {
  const values = one.type === 'number' ? [one.minimum, one.maximum] : [true, false];
  for (const value of values) {
    expect(settingsOf({ composite: { [name]: value } })).toEqual({ ...DEFAULTS, [name]: value });
  }
});

it('A change is followed', async () => {
  const found: any = { composite: { showStatus: false } };
  found.changed = new Signal<any, void>(found);
  const settings = new SettingsModel({ load: async () => found } as any);
  const seen: boolean[] = [];
  settings.follow(({ showStatus }) => seen.push(showStatus));
  await settings.ready;
  found.composite = { showStatus: true };
  found.changed.emit();
  expect(seen).toEqual([true, false, true]);
});
